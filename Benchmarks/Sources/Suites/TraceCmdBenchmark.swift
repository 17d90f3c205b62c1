import Foundation
import Timeline

/// `fleetrace report` beside `trace-cmd report`, of the same trace.dat file in the same run: on one core by processor
/// time, and on all cores by the wall.
enum TraceCmdBenchmark {
    static func run(_ corpus: String?) throws -> [Measurement] {
        let peer = try MeasuredProgram.installed("trace-cmd", for: "nothing to compare `fleetrace report` with")
        let folder = try ScratchFolder()
        let file = try input(corpus, peer, folder)
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

    private static func input(_ corpus: String?, _ peer: MeasuredProgram, _ folder: ScratchFolder) throws -> String {
        if let corpus, corpus.hasSuffix(".dat") { return corpus }
        let file = folder.path.appending("own.dat").string
        try TraceCommandRecording.make(peer, at: file)
        return file
    }

    private static func run(
        _ program: MeasuredProgram, _ arguments: [String], output: String = "/dev/null"
    ) throws -> ProgramResult {
        let result = try program.run(arguments, output: output)
        guard result.status == 0 else { throw InputError("\(program.path) failed: \(result.errors)") }
        return result
    }

    /// The best of three, since other work on the machine only ever adds time.
    private static func best(_ body: () throws -> ProgramResult) rethrows -> ProgramResult {
        var least = try body()
        for _ in 1..<3 {
            let next = try body()
            if next.elapsed.wall < least.elapsed.wall { least = next }
        }
        return least
    }
}
