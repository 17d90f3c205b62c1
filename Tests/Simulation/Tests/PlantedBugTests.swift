import Testing

/// A test of the test: a mistake in a part of the simulation is found, so the same one in Fleetrace would be.
@Suite struct PlantedBugTests {
    private static let mostSchedules: UInt64 = 10_000

    /// The first schedules that have found a mistake; 0 for those that are not here. The search begins with them: whoever
    /// changes what a seed decides has a slower test, and is told the new seed.
    private static let firstSeeds: [PlantedBug: UInt64] = [
        .acknowledgeBeforeSync: 30, .acknowledgeBeforeWrite: 3, .syncWithoutEffect: 57, .tornTailKept: 9,
        .recoveredTailKept: 904, .creditLost: 6, .watermarkTooEarly: 214, .leaseForgotten: 26, .finishLost: 3,
        .stopLost: 3, .lossUncounted: 1, .guardAsleep: 10, .lossUnstated: 237, .keptTooEarly: 649,
        .readFromTheStart: 3,
    ]

    @Test(arguments: PlantedBug.allCases) func aPlantedBugIsFound(bug: PlantedBug) {
        let first = Self.firstSeeds[bug] ?? 0
        for seed in first..<first + Self.mostSchedules where !FleetRun.run(Schedule(seed: seed, bug: bug)).isEmpty {
            if seed != first { print("\(bug): not seed \(first), but \(seed) finds it (PlantedBugTests.firstSeeds)") }
            return
        }
        Issue.record("\(bug) was not found in \(Self.mostSchedules) schedules from \(first) on")
    }
}
