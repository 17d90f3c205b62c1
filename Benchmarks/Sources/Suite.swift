/// A group of figures that are measured together.
enum Suite: String, CaseIterable, Codable, Sendable {
    case pages, render, codec, merge, report, transport
    case endToEnd = "end-to-end"
    case agent, peers, latency, fleet
    case fanOut = "fan-out"
    case stat, tables

    /// One line for `--help`.
    var abstract: String {
        switch self {
        case .pages: "find records in pages, beside a copy of the same pages"
        case .render: "render events as text, beside a walk over the same events"
        case .codec: "pack and unpack batches with zstd and deflate"
        case .merge: "merge 4, 64 and 1024 streams"
        case .report: "print a session of 1 node and of 8 nodes, in every format"
        case .transport: "frames through mutual TLS and over plain TCP, idle connections"
        case .endToEnd: "two agents under full load, recorded and reported"
        case .agent: "the agent's processor time for an event, beside perf record"
        case .peers: "fleetrace report beside trace-cmd report and perf script"
        case .latency: "from a system call to its line"
        case .fleet: "a controller with 1,000 simulated nodes: list, nodes, stat, top"
        case .fanOut: "from a command to the last start of 1,000 simulated nodes"
        case .stat: "what fleetrace stat costs a node, beside perf stat -a"
        case .tables: "what tables of fleetrace stat cost a node, beside bpftrace"
        }
    }

    typealias Part = @Sendable (BenchmarkInput) async throws -> [Measurement]

    /// What is measured one after the other. Where one part cannot run, the others still do.
    var parts: [Part] {
        switch self {
        case .pages: [{ try PagesBenchmark.run(try $0.recording) }]
        case .render: [{ RenderBenchmark.run(try $0.recording) }]
        case .codec: [{ try CodecBenchmark.run(try $0.recording) }]
        case .merge: [{ _ in MergeBenchmark.run() }]
        case .report: [{ try ReportBenchmark.run(try $0.recording) }]
        case .transport: [{ _ in try await TransportBenchmark.run() }]
        case .endToEnd: [{ try EndToEndBenchmark.run(seconds: $0.options.loadSeconds) }]
        case .agent: [{ try AgentBenchmark.run(seconds: $0.options.loadSeconds) }]
        case .peers: [{ try TraceCmdBenchmark.run(try $0.options.path()) }, { _ in try PerfScriptBenchmark.run() }]
        case .latency: [{ _ in try LatencyBenchmark.run() }]
        case .fleet: [{ _ in try await FleetBenchmark.run() }]
        case .fanOut: [{ _ in try await FanOutBenchmark.run() }]
        case .stat: [{ _ in try StatBenchmark.run() }]
        case .tables: [{ _ in try TableBenchmark.run() }]
        }
    }
}
