import ArgumentParser
import Synchronization

/// Runs schedules, and says which of them found something.
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Runs agents, a controller and an operator over a simulated kernel, network, disk and time.",
        discussion: """
            Examples:
              scripts/simulate --schedules 1000000      # exit status 1 when a promise was broken
              scripts/simulate --seed 4711              # one of them again, told step by step
            """)

    @Option(help: "How many schedules to run, from the seed on.")
    var schedules: UInt64 = 10_000

    @Option(help: "The first seed.")
    var first: UInt64 = 0

    @Option(help: "Run this seed alone, and print what happens in it.")
    var seed: UInt64?

    @Option(help: "A mistake to make, by its name in PlantedBug.")
    var bug: PlantedBug?

    @Option(help: "Threads that run them.")
    var threads = 2

    func run() throws {
        if let seed { return try replay(seed) }
        let begin = ContinuousClock.now
        let progress = Progress(first..<first + schedules)
        for _ in 0..<threads { progress.work { FleetRun.run(Schedule(seed: $0, bug: bug)) } }
        let found = progress.wait()
        let time = (ContinuousClock.now - begin) / .seconds(1)
        let each = Int(time / Double(schedules) * 1e6)
        print("\(schedules) schedules in \(Int(time)) s, one in \(each) us: \(found) failed")
        if found > 0 { throw ExitCode(1) }
    }

    private func replay(_ seed: UInt64) throws {
        let (schedule, story) = (Schedule(seed: seed, bug: bug), Story())
        print(schedule)
        let findings = FleetRun.run(schedule, story: story)
        print(story.lines.joined(separator: "\n"))
        print(findings.isEmpty ? "nothing found" : "FOUND: " + findings.joined(separator: "\nFOUND: "))
        if !findings.isEmpty { throw ExitCode(1) }
    }
}

extension PlantedBug: ExpressibleByArgument {}
