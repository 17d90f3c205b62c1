import Glibc
import SystemPackage
import Timeline

/// What `fleetrace report` does, in this process: read, unpack, merge, map times, render, write to /dev/null.
enum ReportBenchmark {
    static func run(_ recording: RecordedPages) throws -> [Measurement] {
        var results: [Measurement] = []
        for nodes in [1, 8] {
            let folder = try ScratchFolder()
            let path = folder.path.appending("session")
            let part = nodes == 1 ? recording.events : 0
            let events = try SessionBuilder(nodes: nodes).write(recording, at: path)
            let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
            guard null >= 0 else { throw InputError("cannot open /dev/null") }
            defer { close(null) }
            for format in OutputFormat.allCases where part > 0 || format == .ftrace {
                results.append(
                    try measure("report.\(nodes)-nodes.\(format)", path, events, format, OutputStream(descriptor: null))
                )
            }
            results.append(try measure("report.\(nodes)-nodes.count-only", path, events, .ftrace, nil))
        }
        return results
    }

    private static func measure(
        _ name: String, _ path: FilePath, _ events: Int, _ format: OutputFormat, _ output: OutputStream?
    ) throws -> Measurement {
        let (account, elapsed) = try Stopwatch.time {
            try TimelineReport(
                [ReportInput(path: path.string)], format: format, filter: TimelineFilter(), output: output
            ).run()
        }
        let received = account.nodes.reduce(0) { $0 + $1.received }
        guard received == UInt64(events) else {
            throw InputError("\(name): \(received) events of \(events) came out")
        }
        return Measurement(name, Double(events) / elapsed.cpu, "events/s/core", note: "\(events) events")
    }
}
