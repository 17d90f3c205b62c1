import Foundation

/// What counting costs a node: the processor time of a fixed load, plus that of the program that counts it. Once for
/// `fleetrace stat`, and once for `perf stat -a` with the same events.
enum StatBenchmark {
    private static let events = [
        "raw_syscalls:sys_enter", "raw_syscalls:sys_exit", "sched:sched_switch", "page-faults", "context-switches",
    ]
    /// Rounds of load, some 650 system calls each.
    private static let rounds = 1000
    /// The least of so many counts, each of `loads` loads, since other work on the machine only ever adds time. On a
    /// virtual machine the same load takes up to a fifth longer from one time to the next, so many short loads give a
    /// better answer than a few long ones.
    private static let repetitions = 8
    private static let loads = 10

    private enum CountedBy: CaseIterable {
        case nobody, perf, fleetrace
    }

    static func run() throws -> [Measurement] {
        try Unavailable.requireRoot(to: "count the events of all CPUs")
        let perf = try MeasuredProgram.installed("perf", for: "nothing to compare `fleetrace stat` with")
        var best: [CountedBy: CountedLoad.Cost] = [:]
        // In turn, so that other work on the machine disturbs all of them alike.
        for _ in 0..<repetitions {
            for way in CountedBy.allCases {
                let cost = try measure(way, perf)
                if cost.load + cost.counting < best[way].map({ $0.load + $0.counting }) ?? .infinity {
                    best[way] = cost
                }
            }
        }
        guard let nobody = best[.nobody], let theirs = best[.perf], let own = best[.fleetrace] else { return [] }
        let note =
            "least of \(repetitions * loads); \(rounds) rounds of load while \(events.count) events are counted on all CPUs"
        let (total, theirTotal) = (own.load + own.counting, theirs.load + theirs.counting)
        return [
            Measurement("stat.load.uncounted", nobody.load, "s", note: note),
            Measurement(
                "stat.perf", theirTotal, "s", note: "perf itself: \(ResultWriter.number(theirs.counting)) s"),
            Measurement(
                "stat.fleetrace", total, "s", ratioToPeer: total / theirTotal,
                note: "the agent itself: \(ResultWriter.number(own.counting)) s"),
        ]
    }

    private static func measure(_ way: CountedBy, _ perf: MeasuredProgram) throws -> CountedLoad.Cost {
        let selection = events.flatMap { ["-e", $0] }
        let counter: CountedLoad.Counter? =
            switch way {
            case .nobody: nil
            case .perf: .init(program: perf, arguments: ["stat", "-a"] + selection)
            case .fleetrace: .fleetrace(selection)
            }
        return try CountedLoad(arguments: [Load.name, "--rounds", "\(rounds)"], times: loads).cost(counter)
    }
}
