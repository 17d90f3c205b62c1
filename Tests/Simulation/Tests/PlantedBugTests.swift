import Testing

/// A test of the test: a mistake in a part of the simulation is found, so the same one in Fleetrace would be.
@Suite struct PlantedBugTests {
    private static let mostSchedules: UInt64 = 10_000

    @Test(arguments: PlantedBug.allCases) func aPlantedBugIsFound(bug: PlantedBug) {
        for seed in 0..<Self.mostSchedules where !FleetRun.run(Schedule(seed: seed, bug: bug)).isEmpty { return }
        Issue.record("\(bug) was not found in \(Self.mostSchedules) schedules")
    }
}
