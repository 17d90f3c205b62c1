import Foundation

/// What recording costs a node: the processor time of an agent for an event, beside that of `perf record` for the same
/// events under the same load. Each is the time of the recording process alone, without its load.
enum AgentBenchmark {
    private static let events = ["raw_syscalls:sys_enter", "raw_syscalls:sys_exit", "sched:sched_switch"]
    /// Other work on the machine only ever adds, so the least of so many counts.
    private static let repetitions = 3

    private struct Cost {
        /// Seconds for a million recorded events.
        var perMillion = Double.infinity
        var events = 0.0
        var memory = 0.0
    }

    static func run(seconds: Double) throws -> [Measurement] {
        try Unavailable.requireRoot(to: "record this kernel")
        let perf = try MeasuredProgram.installed("perf", for: "nothing to compare the agent with")
        var (own, theirs) = (Cost(), Cost())
        // In turn, so that other work on the machine disturbs both alike.
        for _ in 0..<repetitions {
            own = try least(own, agent(seconds))
            theirs = try least(theirs, perfRecord(perf, seconds))
        }
        return [
            Measurement(
                "agent.perf-record.cpu", theirs.perMillion, "s/million",
                note: "least of \(repetitions), \(Int(theirs.events)) events"),
            Measurement(
                "agent.fleetrace.cpu", own.perMillion, "s/million", ratioToPeer: own.perMillion / theirs.perMillion,
                note: "least of \(repetitions), \(Int(own.events)) events, packed and sent over TLS"),
            Measurement("agent.perf-record.memory", theirs.memory / 1_048_576, "MiB"),
            Measurement("agent.fleetrace.memory", own.memory / 1_048_576, "MiB"),
        ]
    }

    private static func least(_ one: Cost, _ other: Cost) -> Cost { other.perMillion < one.perMillion ? other : one }

    private static func agent(_ seconds: Double) throws -> Cost {
        let folder = try ScratchFolder()
        let run = try MeasuredProgram.fleetrace.runSampled(
            ["record", "--local", "1", "-o", folder.path.appending("session").string]
                + events.flatMap { ["-e", $0] } + ["--"] + MeasuredProgram.load(seconds: seconds),
            children: "fleetrace-agent")
        guard let (received, _) = run.totals, received > 0, let usage = run.children.values.first else {
            throw InputError("the recording failed: \(run.errors)")
        }
        return Cost(perMillion: usage.cpu / received * 1e6, events: received, memory: usage.peakResident)
    }

    private static func perfRecord(_ perf: MeasuredProgram, _ seconds: Double) throws -> Cost {
        let folder = try ScratchFolder()
        let data = folder.path.appending("perf.data").string
        // Without -B, perf reads all that it wrote once more at its end, for the build IDs of programs.
        let run = try perf.runSampled(
            PerfScriptBenchmark.recordOptions(events, to: data) + ["-B", "--"] + MeasuredProgram.load(seconds: seconds))
        guard run.status == 0, let usage = run.program else { throw InputError("perf record failed: \(run.errors)") }
        let samples = try samples(perf, data, folder.path.appending("stats").string)
        return Cost(perMillion: usage.cpu / samples * 1e6, events: samples, memory: usage.peakResident)
    }

    /// The events of a perf.data file: the first `SAMPLE events:` is that of all of them.
    private static func samples(_ perf: MeasuredProgram, _ data: String, _ text: String) throws -> Double {
        let stats = try perf.run(["report", "--stats", "-i", data], output: text)
        let lines = ((try? String(contentsOfFile: text, encoding: .utf8)) ?? "").split(separator: "\n")
        guard stats.status == 0, let line = lines.first(where: { $0.contains("SAMPLE events:") }),
            let number = line.split(separator: ":").last?.split(separator: " ").first.flatMap({ Double($0) }),
            number > 0
        else { throw InputError("perf report --stats failed: \(stats.errors)") }
        return number
    }
}
