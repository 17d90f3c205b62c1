import TestSupport

/// What the controller's disk is like.
struct DiskPlan: Sendable {
    /// Of one call, ns.
    let latency: ClosedRange<Int64>
    let bug: PlantedBug?

    init(_ generator: inout SplitMix64, bug: PlantedBug?) {
        let least = generator.one(of: [5 * .microsecond, 5 * .microsecond, 500 * .microsecond])
        latency = least...least * 10
        self.bug = bug
    }
}
