import TestSupport

/// What a simulated node is like.
struct NodePlan: Sendable {
    let index: Int
    let cpus: Int
    /// Events that a CPU's ring holds.
    let ringCapacity: Int
    /// ns between two events of a CPU, on average.
    let pause: Int
    /// Bytes that the agent keeps for the controller in memory.
    let memory: Int
    /// It writes down what a successor needs.
    let hasJournal: Bool
    /// It has a spool on its disk.
    let hasSpool: Bool
    /// Bytes that each batch has besides its events.
    let padding: Int
    /// How long the guard of an agent that was killed takes, ns.
    let guardDelay: ClosedRange<Int64>
    /// Its trace clock at the beginning, ns.
    let clockOffset: Int64
    /// Parts per million by which its clock is faster than the controller's.
    let drift: Int64
    /// Of its network, ns.
    let latency: ClosedRange<Int64>
    let bug: PlantedBug?

    init(_ index: Int, _ generator: inout SplitMix64, bug: PlantedBug?) {
        self.index = index
        self.bug = bug
        cpus = 1 + generator.below(2)
        ringCapacity = generator.one(of: [10, 40, 400, 400])
        pause = Int(generator.one(of: [2, 10, 10, 40])) * Int(Int64.millisecond)
        memory = generator.one(of: [1, 400, 4_000, 1 << 20, 1 << 20])
        // A mistake in the work with a spool is made where there is one.
        let needsSpool = bug == .keptTooEarly
        hasJournal = !generator.once(in: 6) || needsSpool
        hasSpool = generator.once(in: 3) || needsSpool
        padding = generator.one(of: [0, 0, 0, 400])
        guardDelay = 10 * .millisecond...900 * .millisecond
        clockOffset = generator.within(1 * .second...1_000_000 * .second)
        drift = generator.within(-400...400)
        let least = generator.one(of: [20 * .microsecond, 200 * .microsecond, 5 * .millisecond])
        latency = least...least * generator.one(of: [2, 2, 8])
    }
}
