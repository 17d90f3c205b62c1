import Foundation

/// `fleetrace report` beside `perf script`, each of its own recording of the same load.
enum PerfScriptBenchmark {
    private static let events = ["raw_syscalls:sys_enter", "raw_syscalls:sys_exit", "sched:sched_switch"]

    /// Options of `perf record` for events of all CPUs.
    ///
    /// Without --exclude-perf, perf records the calls by which it writes what it recorded, and never ends. The size is
    /// limited in case it does so all the same.
    static func recordOptions(_ events: [String], to data: String) -> [String] {
        ["record", "-q", "-a", "-m", "4096", "--max-size", "1G", "-o", data]
            + events.flatMap { ["-e", $0, "--exclude-perf"] }
    }

    static func run() throws -> [Measurement] {
        try Unavailable.requireRoot(to: "record all CPUs with perf")
        let peer = try MeasuredProgram.installed("perf", for: "nothing to compare `fleetrace report` with")
        let folder = try ScratchFolder()
        let load = ["--"] + MeasuredProgram.load(seconds: 1)
        let data = folder.path.appending("perf.data").string
        let text = folder.path.appending("perf.txt").string
        let recorded = try peer.run(recordOptions(events, to: data) + load)
        guard recorded.status == 0 else {
            throw Unavailable(reason: "perf record ended with status \(recorded.status): \(recorded.errors)")
        }
        let theirs = try peer.run(["script", "-i", data], output: text)
        let lines = try Self.lines(of: text)
        guard theirs.status == 0, lines > 0 else { throw InputError("perf script failed: \(theirs.errors)") }

        let session = folder.path.appending("perf-load").string
        _ = try MeasuredProgram.fleetrace.run(
            ["record", "--local", "1", "-o", session] + events.flatMap { ["-e", $0] } + load)
        let ownText = folder.path.appending("own.txt").string
        let own = try MeasuredProgram.fleetrace.run(["report", session], output: ownText)
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
