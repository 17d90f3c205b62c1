import TestSupport
import Testing

@testable import TraceClock

/// What bounds rest on after a contradiction, and for how long.
struct RateProbationTests {
    private static let second = 1e9

    private static func run(
        _ node: SimulatedNode, seconds: Int, delay: Double = 50_000
    ) -> (live: LiveClock, saved: [RefinedClock]) {
        var live = LiveClock()
        var probes: [ClockProbe] = []
        for index in 0..<seconds * 10 {
            let sent = 100e6 * Double(index) + 20e6
            let (probe, _) = node.probe(at: sent, forward: delay, hold: 1000, back: delay)
            probes.append(probe)
            _ = live.observe(probe)
            live.freeze(through: node.agent(sent - 10e6))
        }
        return (live, [RefinedClock(probes: probes), RefinedClock(probes: probes, wander: .standard)])
    }

    /// A step is one contradiction: the lines after it are in doubt for 10 s, and then they are certain.
    @Test func aStepIsForgivenAfterCleanProbes() {
        var node = ClockBreakTests.node()
        node.step(at: 20.05 * Self.second, by: 5e6)
        let run = Self.run(node, seconds: 40)
        #expect(run.live.breakCount == 1)
        for event in stride(from: 1 * Self.second, to: 39 * Self.second, by: 0.037 * Self.second) {
            for time in [run.live.map(node.agent(event))] + run.saved.map({ $0.map(node.agent(event)) }) {
                #expect(node.truth(event, isIn: time), "\(event): \(time)")
                if event < 19 * Self.second || event > 31 * Self.second {
                    #expect(time.quality == .bounded, "\(event)")
                }
            }
            if event > 20.2 * Self.second, event < 30 * Self.second {
                #expect(run.live.map(node.agent(event)).quality == .degraded, "\(event)")
            }
        }
    }

    /// A rate that stays outside of the range: one contradiction, then a range that holds it, and a mark on all of it.
    @Test(arguments: [620e-6, -620e-6, 900e-6, -2000e-6, 2000e-6])
    func aWrongRateIsHeldAndMarked(rate: Double) {
        let node = SimulatedNode(controllerBase: 1 << 60, agentBase: 1 << 50, rates: [rate], span: 1)
        let run = Self.run(node, seconds: 40)
        #expect((1...4).contains(run.live.breakCount), "\(run.live.breakCount)")
        for event in stride(from: 0.1 * Self.second, to: 39 * Self.second, by: 0.037 * Self.second) {
            for saved in run.saved {
                let time = saved.map(node.agent(event))
                #expect(node.truth(event, isIn: time) || time.quality == .degraded, "\(rate) at \(event): \(time)")
            }
            let time = run.live.map(node.agent(event))
            if event > 5 * Self.second {
                #expect(time.quality == .degraded && node.truth(event, isIn: time), "\(rate) at \(event): \(time)")
            }
        }
    }

    /// Within the range nothing is ever widened, whatever the delays are.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func whatKeepsToTheRangeIsNeverInDoubt(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let node = SimulatedNode(
            controllerBase: 1 << 60, agentBase: 1 << 50,
            rates: (0..<40).map { _ in Double.random(in: -499e-6...499e-6, using: &random) }, span: 0.5e9)
        var live = LiveClock()
        for index in 0..<400 {
            let sent = 50e6 * Double(index) + 20e6
            let probe = node.probe(
                at: sent, forward: random.delay(least: 40_000, scale: 30_000), hold: 1000,
                back: random.delay(least: 200_000, scale: 50_000)
            ).probe
            _ = live.observe(probe)
            live.freeze(through: node.agent(sent - 10e6))
        }
        #expect(live.breakCount == 0 && live.probation.widened == nil)
    }

    /// Bounds that contradict nothing yet, and are far narrower than the network allows.
    @Test func aBoundThatCannotBeTrueIsMarked() {
        var alarm = NarrowBoundAlarm()
        for index in 0..<NarrowBoundAlarm.leastCount {
            #expect(alarm.look(ClockBound(lower: 0, upper: 0), at: Int64(index)) == nil)
            alarm.add(ClockSample(agent: Int64(index), lower: 0, upper: 100_000))
        }
        #expect(alarm.look(ClockBound(lower: 0, upper: 75_000), at: 1000) == nil)
        #expect(alarm.look(ClockBound(lower: 0, upper: 50_000), at: 3000) == nil)
        #expect(alarm.look(ClockBound(lower: 0, upper: 49_999), at: 5000) == 8000)
        #expect(alarm.look(.unbounded, at: 6000) == nil)
    }
}
