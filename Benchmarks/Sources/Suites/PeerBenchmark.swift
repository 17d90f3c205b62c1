import Foundation
import SystemPackage
import Timeline

/// `fleetrace report` beside the tools that people have today, in the same run: on one core, by processor time, and on
/// all, by the wall.
enum PeerBenchmark {
    static func run(_ corpus: String?) throws -> [Measurement] {
        let folder = try TemporaryFolder()
        return try traceCommand(corpus, folder) + perf(folder)
    }

    /// The same trace.dat file.
    private static func traceCommand(_ corpus: String?, _ folder: TemporaryFolder) throws -> [Measurement] {
        guard let peer = Program.installed("trace-cmd") else {
            say("SKIPPED: trace-cmd is not installed, nothing to compare `fleetrace report` with")
            return []
        }
        var file = folder.path.appending("own.dat").string
        if let corpus, corpus.hasSuffix(".dat") {
            file = corpus
        } else {
            try TraceCommandRecording.make(peer, at: file)
        }
        let account = try TimelineReport(
            [ReportInput(path: file)], format: .ftrace, filter: TimelineFilter(), output: nil
        ).run()
        let events = account.nodes.reduce(0) { $0 + Double($1.received) }
        let theirs = try run(peer, ["report", "-i", file])
        func measure(_ name: String, _ options: [String], output: String = "/dev/null") throws -> [Measurement] {
            let own = try best {
                try run(.fleetrace, ["report", file, "--format", "ftrace"] + options, output: output)
            }
            return [
                Measurement(
                    "peers.fleetrace.report.\(name).wall", events / own.elapsed.wall, "events/s",
                    ratioToPeer: theirs.elapsed.wall / own.elapsed.wall),
                Measurement(
                    "peers.fleetrace.report.\(name).cpu", events / own.elapsed.cpu, "events/s/core",
                    ratioToPeer: theirs.elapsed.cpu / own.elapsed.cpu),
                Measurement("peers.fleetrace.report.\(name).memory", own.peakResident / 1_048_576, "MiB"),
            ]
        }
        let text = "/dev/shm/fleetrace-benchmark-\(getpid()).txt"
        defer { unlink(text) }
        return try [
            Measurement(
                "peers.trace-cmd.report.wall", events / theirs.elapsed.wall, "events/s",
                note: "\(Int(events)) events of \(file)"),
            Measurement("peers.trace-cmd.report.cpu", events / theirs.elapsed.cpu, "events/s/core"),
            Measurement("peers.trace-cmd.report.memory", theirs.peakResident / 1_048_576, "MiB"),
        ] + measure("1-thread", ["--jobs", "1"]) + measure("2-threads", ["--jobs", "2"])
            + measure("2-threads.tmpfs", ["--jobs", "2"], output: text) + ReportLimits.run(file, text: text)
    }

    private static func run(
        _ program: Program, _ arguments: [String], output: String = "/dev/null"
    ) throws -> Program.Output {
        let result = try program.run(arguments, output: output)
        guard result.status == 0 else { throw InputError("\(program.path) failed: \(result.errors)") }
        return result
    }

    /// Of three runs, since other work only ever makes one longer.
    private static func best(_ body: () throws -> Program.Output) rethrows -> Program.Output {
        var least = try body()
        for _ in 1..<3 {
            let next = try body()
            if next.elapsed.wall < least.elapsed.wall { least = next }
        }
        return least
    }

    /// perf on its own recording of the same load.
    private static func perf(_ folder: TemporaryFolder) throws -> [Measurement] {
        guard let peer = Program.installed("perf") else {
            say("SKIPPED: perf is not installed, nothing to compare `fleetrace report` with")
            return []
        }
        let events = ["raw_syscalls:sys_enter", "raw_syscalls:sys_exit", "sched:sched_switch"]
        let load = ["--", Program.own.path, "load", "--for", "1"]
        let data = folder.path.appending("perf.data").string
        let text = folder.path.appending("perf.txt").string
        // Without --exclude-perf, perf records the calls by which it writes what it recorded, and never comes to an end;
        // the size is limited in case it does all the same.
        let recorded = try peer.run(
            ["record", "-q", "-a", "-m", "4096", "--max-size", "1G", "-o", data]
                + events.flatMap { ["-e", $0, "--exclude-perf"] } + load)
        guard recorded.status == 0 else {
            say("SKIPPED: perf record ended with status \(recorded.status): \(recorded.errors)")
            return []
        }
        let theirs = try peer.run(["script", "-i", data], output: text)
        let lines = try Self.lines(of: text)
        guard theirs.status == 0, lines > 0 else { throw InputError("perf script failed: \(theirs.errors)") }

        let session = folder.path.appending("perf-load").string
        _ = try Program.fleetrace.run(
            ["record", "--local", "1", "-o", session] + events.flatMap { ["-e", $0] } + load)
        let ownText = folder.path.appending("own.txt").string
        let own = try Program.fleetrace.run(["report", session], output: ownText)
        guard own.status == 0 else { throw InputError("fleetrace report failed: \(own.errors)") }
        let ownLines = try Self.lines(of: ownText)
        let rates = (theirs: lines / theirs.elapsed.cpu, own: ownLines / own.elapsed.cpu)
        return [
            Measurement(
                "peers.perf.script", rates.theirs, "events/s/core", note: "\(Int(lines)) events of its own recording"),
            Measurement(
                "peers.fleetrace.report.perf-load", rates.own, "events/s/core", ratioToPeer: rates.own / rates.theirs,
                note: "\(Int(ownLines)) events of the same load; both to a file"),
        ]
    }

    private static func lines(of path: String) throws -> Double {
        guard let file = FileHandle(forReadingAtPath: path) else { throw InputError("cannot read \(path)") }
        defer { try? file.close() }
        var count = 0
        while let data = try file.read(upToCount: 1 << 20), !data.isEmpty {
            count += data.withUnsafeBytes { bytes in bytes.reduce(0) { $0 &+ ($1 == 10 ? 1 : 0) } }
        }
        return Double(count)
    }
}
