import Foundation
import SystemPackage

/// `fleetrace report` beside the tools that people have today, in the same run. Processor time, since all are
/// measured on one core.
enum PeerBenchmark {
    static func run(_ corpus: String?) throws -> [Measurement] {
        let folder = try TemporaryFolder()
        return try traceCommand(corpus, folder) + perf(folder)
    }

    /// The same trace.dat file, once as it is, once as a session with the same pages.
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
        let recording = try Recording.read(traceDat: file, limit: .max)
        let session = folder.path.appending("session")
        let events = Double(try SessionBuilder().write(recording, at: session))
        let own = try Program.fleetrace.run(["report", session.string, "--format", "ftrace"])
        guard own.status == 0 else { throw InputError("fleetrace report failed: \(own.errors)") }
        let theirs = try peer.run(["report", "-i", file])
        guard theirs.status == 0 else { throw InputError("trace-cmd report failed: \(theirs.errors)") }
        return [
            Measurement(
                "peers.trace-cmd.report", events / theirs.elapsed.cpu, "events/s/core",
                note: "\(Int(events)) events of \(file)"),
            Measurement(
                "peers.fleetrace.report", events / own.elapsed.cpu, "events/s/core",
                ratioToPeer: theirs.elapsed.cpu / own.elapsed.cpu, note: "the same pages, as a session"),
            Measurement(
                "peers.fleetrace.report.wall", events / own.elapsed.wall, "events/s",
                ratioToPeer: theirs.elapsed.wall / own.elapsed.wall, note: "by the wall"),
            Measurement("peers.fleetrace.memory", own.peakResident / 1_048_576, "MiB"),
            Measurement("peers.trace-cmd.memory", theirs.peakResident / 1_048_576, "MiB"),
        ]
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
