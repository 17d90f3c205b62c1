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

    /// A node that came back while the stop waited for a slow disk was told at once, and its log said that it had recorded
    /// to the stop of the others.
    @Test func aStopThatWaitsForItsDiskIsTheStopOfAllNodes() {
        for seed: UInt64 in 0..<40 {
            expectNothing(
                of: Schedule(
                    seed: seed,
                    chosen: [(0, .diskIsSlow(8 * .second)), (300 * .millisecond, .cut(node: 0, silently: false))]))
        }
    }

    /// Nodes had stopped, and the controller that had told them could not write that down before it was killed: the next one
    /// took it for the session's whole record. It also knew nothing of their clocks.
    @Test func aStopThatIsForgottenIsStated() {
        for seed: UInt64 in 0..<40 {
            let schedule = Schedule(seed: seed)
            let end = schedule.length
            expectNothing(
                of: Schedule(
                    seed: seed,
                    chosen: [
                        (end - 20 * .millisecond, .diskFails(3 * .second)),
                        (end + 200 * .millisecond, .killController(step: 10, back: 4 * .second)),
                    ]))
        }
    }

    /// What an agent lost that died while the controller's disk could not be written was stated to be later than it was.
    @Test func aLossIsStatedWithItsTime() {
        for seed: UInt64 in 0..<40 {
            expectNothing(
                of: Schedule(
                    seed: seed,
                    chosen: [
                        (150 * .millisecond, .diskFails(2_800 * .millisecond)),
                        (900 * .millisecond, .killAgent(node: 0, step: 6, back: 3_400 * .millisecond)),
                    ]))
        }
    }

    /// What a controller finds after a kill is synchronized before it is acknowledged.
    @Test func whatIsFoundAfterAKillSurvivesAPowerCut() {
        for seed: UInt64 in 0..<40 {
            expectNothing(
                of: Schedule(
                    seed: seed,
                    chosen: [
                        (150 * .millisecond, .killController(step: 30, back: 100 * .millisecond)),
                        (450 * .millisecond, .cutPower(step: 1 + Int(seed), back: .second)),
                    ]))
        }
    }

    /// A controller that was killed just when it had told an operator that its session runs dropped it at the restart.
    @Test func aSessionThatWasAnnouncedOutlivesItsController() {
        for step in 1...60 {
            expectNothing(
                of: Schedule(
                    seed: UInt64(step % 4),
                    chosen: [(40 * .millisecond, .killController(step: step, back: 200 * .millisecond))]))
        }
    }

    /// A session that ended while its disk could not be written left nodes waiting that it had told to wait.
    @Test func nobodyWaitsForASessionThatHasEnded() {
        for time in 0..<60 {
            let after = Int64(2 * time) * .millisecond
            expectNothing(
                of: Schedule(
                    seed: UInt64(time % 3),
                    chosen: [
                        (after, .cutOperator(silently: false)),
                        (after + 18 * .millisecond, .diskFails(2 * .second)),
                    ]))
        }
    }

    /// What a million schedules have found: a successor that a restarted controller did not know; a clock, a node's loss at
    /// its start, and a watermark, that the account knew and the log did not; nodes that kept for ever what they had of a
    /// session that was stopped before they had started, while the disk could not be written.
    @Test(arguments: [3_012_969, 3_023_766, 3_039_118, 3_133_481, 3_161_300, 3_191_448, 3_610_959] as [UInt64])
    func aSeedThatFoundAMistakeFindsItNoMore(seed: UInt64) { expectNothing(of: Schedule(seed: seed)) }

    /// A kill in place of each step of a process.
    @Test(arguments: 0..<4) func noStepIsBadToDieAt(part: Int) {
        for step in stride(from: 1 + part, to: 400, by: 16) {
            for fault in [
                Fault.killAgent(node: 0, step: step, back: 500 * .millisecond),
                .upgradeAgent(node: 0, back: Int64(step) * .millisecond),
                .upgradeController(back: Int64(step) * .millisecond),
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
