import TestSupport

/// What is simulated, all of it decided by a seed.
struct Schedule: Sendable, CustomStringConvertible {
    let seed: UInt64
    let bug: PlantedBug?
    let nodes: [NodePlan]
    let disk: DiskPlan
    let keep: Bool
    let partial: Bool
    /// Bytes under way of one node.
    let credit: Int
    /// When the operator opens its session, and how long that records: ns.
    let begin: Int64
    let length: Int64
    /// By time.
    let faults: [(time: Int64, fault: Fault)]

    /// - Parameter chosen: what goes wrong, and how long after the operator has come, ns; nil leaves that to the seed.
    init(seed: UInt64, bug: PlantedBug? = nil, chosen: [(after: Int64, fault: Fault)]? = nil) {
        var generator = SplitMix64(seed: seed ^ 0x5eed_0f_5c4e_d01e)
        self.seed = seed
        self.bug = bug
        let count = generator.one(of: [1, 1, 1, 2, 2, 3])
        nodes = (0..<count).map { NodePlan($0, &generator, bug: bug) }
        disk = DiskPlan(&generator, bug: bug)
        keep = !generator.once(in: 3)
        partial = generator.once(in: 3)
        credit = generator.one(of: [100, 2_000, 1 << 20])
        begin = generator.within(250 * .millisecond...400 * .millisecond)
        length = generator.within(50 * .millisecond...generator.one(of: [400, 1_200, 1_200, 5_000]) * .millisecond)
        let number = generator.one(of: [0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3])
        let end = begin + length + 500 * .millisecond
        var faults: [(time: Int64, fault: Fault)] = []
        for _ in 0..<number {
            let (time, fault) = (generator.within(begin...end), Fault(nodes: count, &generator))
            faults.append((time, fault))
            // What a controller finds at its start must survive the next fault, too.
            if case .killController(_, let back?) = fault, generator.once(in: 3) {
                let after = time + back + generator.within(0...400 * .millisecond)
                faults.append((after, .cutPower(step: 1 + generator.below(60), back: back)))
            }
        }
        let begin = begin
        self.faults = (chosen?.map { (begin + $0.after, $0.fault) } ?? faults).sorted { $0.time < $1.time }
    }

    var description: String {
        let nodes = nodes.map {
            "\($0.cpus) CPUs, ring \($0.ringCapacity), an event in \($0.pause / 1_000_000) ms, memory \($0.memory)"
                + "\($0.hasSpool ? ", spool" : "")\($0.hasJournal ? "" : ", no journal"), "
                + "latency \($0.latency.lowerBound / 1_000)-\($0.latency.upperBound / 1_000) us, drift \($0.drift) ppm"
        }
        let faults = faults.map { "    at \($0.time / .millisecond) ms: \($0.fault)" }
        return """
            seed \(seed)\(bug.map { ", bug \($0.rawValue)" } ?? "")
              \(keep ? "kept" : "not kept"), \(partial ? "partial, " : "")credit \(credit), opened at \
            \(begin / .millisecond) ms, stopped \(length / .millisecond) ms later
              nodes: \(nodes.joined(separator: "\n         "))
              faults:\(faults.isEmpty ? " none" : "\n" + faults.joined(separator: "\n"))
            """
    }
}
