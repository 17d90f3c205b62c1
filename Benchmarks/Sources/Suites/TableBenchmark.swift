import Foundation

/// What a table costs a node: the processor time of a fixed load, plus that of what counts it by key or measures its
/// latencies. For each way of `fleetrace stat`, and for bpftrace doing the same.
enum TableBenchmark {
    /// The least of so many counts, in turn, of `loads` loads each.
    private static let repetitions = 6
    private static let loads = 5

    private struct Table {
        let name: String
        let load: [String]
        /// Of `fleetrace stat`.
        let arguments: [String]
        /// Of bpftrace.
        let script: String
    }

    private static let tables = [
        Table(
            name: "by-comm", load: [Load.name, "--switches", "60000"],
            arguments: ["-e", "sched:sched_switch", "--by", "comm"],
            script: "tracepoint:sched:sched_switch { @[comm] = count(); }"),
        Table(
            name: "latency", load: [Load.name, "--rounds", "1000"],
            arguments: ["--latency", "syscalls:sys_enter_read,syscalls:sys_exit_read"],
            script: """
                tracepoint:syscalls:sys_enter_read { @begin[tid] = nsecs; }
                tracepoint:syscalls:sys_exit_read /@begin[tid]/ {
                    @ = hist(nsecs - @begin[tid]); delete(@begin[tid]);
                }
                """),
    ]

    static func run() throws -> [Measurement] {
        try Unavailable.requireRoot(to: "count the events of all CPUs")
        let bpftrace = try MeasuredProgram.installed(
            "bpftrace", for: "nothing to compare tables of `fleetrace stat` with")
        return try tables.flatMap { try run($0, bpftrace) }
    }

    private static func run(_ table: Table, _ bpftrace: MeasuredProgram) throws -> [Measurement] {
        let counters: [(name: String, counter: CountedLoad.Counter?)] = [
            ("uncounted", nil),
            (
                "bpftrace",
                .init(program: bpftrace, arguments: ["-e", table.script], begun: "Attaching", delay: 2)
            ), ("ebpf", .fleetrace(table.arguments + ["--way", "ebpf"])),
            ("decode", .fleetrace(table.arguments + ["--way", "decode"])),
        ]
        let load = CountedLoad(arguments: table.load, times: loads)
        var best = [CountedLoad.Cost?](repeating: nil, count: counters.count)
        for _ in 0..<repetitions {
            for (index, entry) in counters.enumerated() {
                let cost = try load.cost(entry.counter)
                if cost.load + cost.counting < best[index].map({ $0.load + $0.counting }) ?? .infinity {
                    best[index] = cost
                }
            }
        }
        let totals = best.map { $0.map { $0.load + $0.counting } ?? 0 }
        return counters.indices.map { index in
            Measurement(
                "tables.\(table.name).\(counters[index].name)", totals[index], "s",
                ratioToPeer: index > 1 ? totals[index] / totals[1] : nil,
                note: index == 0
                    ? "least of \(repetitions * loads)"
                    : "what counts itself: \(ResultWriter.number(best[index]?.counting ?? 0)) s")
        }
    }
}
