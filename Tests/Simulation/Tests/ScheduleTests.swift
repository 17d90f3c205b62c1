import Testing

/// Schedules that nobody has chosen. Thousands more are a command (scripts/simulate).
@Suite struct ScheduleTests {
    @Test(arguments: 0..<4) func noPromiseIsBroken(part: UInt64) {
        for seed in part * 100..<(part + 1) * 100 { expectNothing(of: Schedule(seed: seed)) }
    }

    /// An agent that was ended between the commands to prepare and to start left its session there for ever, and a node
    /// that was lost between its own start and that of the others did not get back.
    @Test(arguments: [
        Fault.endAgent(node: 0, back: nil), .cut(node: 0, silently: false), .cut(node: 0, silently: true),
        .killAgent(node: 0, step: 1, back: 200 * .millisecond),
    ]) func aSessionThatIsOpenedUnderAFaultEnds(fault: Fault) {
        for seed: UInt64 in 0..<2 {
            for time in 0..<60 {
                let after = Int64(2 * time) * .millisecond
                expectNothing(of: Schedule(seed: seed, chosen: [(after, fault)]))
            }
        }
    }

    /// A kill in place of each step of a process.
    @Test(arguments: 0..<4) func noStepIsBadToDieAt(part: Int) {
        for step in stride(from: 1 + part, to: 400, by: 16) {
            for fault in [
                Fault.killAgent(node: 0, step: step, back: 500 * .millisecond),
                .killController(step: step, back: 500 * .millisecond), .cutPower(step: step, back: .second),
            ] {
                expectNothing(of: Schedule(seed: UInt64(part), chosen: [(0, fault)]))
            }
        }
    }

    @Test func aSeedDoesTheSameAgain() {
        for seed: UInt64 in 0..<10 {
            let stories = (0..<2).map { _ in
                let story = Story()
                _ = FleetRun.run(Schedule(seed: seed), story: story)
                return story.lines
            }
            #expect(stories[0] == stories[1])
        }
    }

    private func expectNothing(of schedule: Schedule) {
        let findings = FleetRun.run(schedule)
        guard !findings.isEmpty else { return }
        let story = Story()
        _ = FleetRun.run(schedule, story: story)
        let text = ["\(schedule)"] + story.lines + findings
        Issue.record("\(text.joined(separator: "\n"))\nscripts/simulate --seed \(schedule.seed)")
    }
}
