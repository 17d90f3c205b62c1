import Testing

@testable import TraceClock

struct ClockInverseTests {
    @Test func mappingBackGivesTheReading() {
        for seed in 0..<100 as Range<UInt64> {
            let trial = Trial(seed: seed)
            let live = LiveClockReplay(trial).clock
            let refined = RefinedClock(probes: trial.probes)
            for event in trial.events {
                let time = trial.node.controllerBase + Int64(event)
                let inverses: [(agent: Int64?, map: (Int64) -> MappedTime)] = [
                    (live.agentTime(at: time), { live.map($0) }), (refined.agentTime(at: time), { refined.map($0) }),
                ]
                for (agent, map) in inverses {
                    guard let agent else {
                        Issue.record("seed \(seed): no reading at \(time)")
                        continue
                    }
                    #expect(map(agent).estimate >= time && map(agent - 1).estimate < time)
                }
            }
        }
    }

    @Test func aStartInTheFutureIsWithinTheBoundThere() throws {
        let node = SimulatedNode(controllerBase: 1 << 60, agentBase: 1 << 50, rates: [80e-6], span: 1)
        var live = LiveClock()
        for index in 0..<200 {
            _ = live.observe(node.probe(at: Double(index) * 50e6, forward: 4e4, hold: 500, back: 4e4).probe)
        }
        let agent = try #require(live.agentTime(at: node.controllerBase + 12_000_000_000))
        #expect(abs(agent - node.agent(12e9)) < 50_000)
        #expect(node.truth(12e9, isIn: live.map(agent)))
    }

    @Test func withoutAProbeThereIsNoReading() {
        #expect(LiveClock().agentTime(at: 5) == nil)
        #expect(RefinedClock(probes: []).agentTime(at: 5) == nil)
        var live = LiveClock()
        _ = live.observe(LiveClockTests.probe(at: 1_000_000_000, offset: 0))
        #expect(live.agentTime(at: .max) == nil)
        #expect(live.agentTime(at: .min) == 0)
    }
}
