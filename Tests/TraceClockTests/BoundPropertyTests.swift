import TestSupport
import Testing

@testable import TraceClock

/// The promise: the true time of every event lies within its bound, whatever links and oscillators do.
struct BoundPropertyTests {
    static let trials = 10_000

    @Test func liveBoundHoldsTheTruth() {
        var bounded = 0
        for seed in 0..<UInt64(Self.trials) {
            let trial = Trial(seed: seed)
            let run = LiveClockReplay(trial)
            #expect(run.clock.breakCount == 0, "seed \(seed): a break without a cause")
            #expect(run.clock.rejectedProbes == 0, "seed \(seed): a true probe rejected")
            #expect(run.violations == [], "seed \(seed)")
            bounded += run.boundedCount
        }
        #expect(bounded > Self.trials * 30, "most events must have a bound, or the test says nothing")
    }

    @Test func refinedBoundHoldsTheTruthAndIsNeverWiderThanTheLiveOne() {
        var narrower = 0
        for seed in 0..<UInt64(Self.trials) {
            let trial = Trial(seed: seed)
            let live = LiveClockReplay(trial).clock
            let refined = RefinedClock(probes: trial.probes.reversed())
            #expect(refined.breaks.isEmpty && refined.rejectedProbes == 0, "seed \(seed)")
            var last = Int64.min
            for event in trial.events {
                let agent = trial.node.agent(event)
                let tight = refined.map(agent)
                let wide = live.map(agent)
                let isRight =
                    trial.node.truth(event, isIn: tight) && tight.lower >= wide.lower && tight.upper <= wide.upper
                    && tight.estimate >= last && tight.bound.contains(tight.estimate)
                if !isRight { Issue.record("seed \(seed): event at \(event): \(tight) live \(wide) after \(last)") }
                if tight.bound != wide.bound { narrower += 1 }
                last = tight.estimate
            }
        }
        #expect(narrower > Self.trials)
    }

    /// On links without any delay, only the steps of the clocks are between a true bound and a false one.
    @Test(arguments: [(1, 1), (42, 1), (1000, 1), (1, 1000), (1000, 4_000_000)] as [(Int64, Int64)])
    func coarseClocksOnAnInstantLinkAreBounded(agent: Int64, controller: Int64) {
        var careless = 0
        for seed in 0..<200 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let rate = [-500e-6, 500e-6, Double.random(in: -500e-6...500e-6, using: &random)][Int(seed % 3)]
            var node = SimulatedNode(controllerBase: 1 << 50, agentBase: 1 << 45, rates: [rate], span: 1)
            node.agentResolution = agent
            node.controllerResolution = controller
            let probes = (0..<20).map { _ in
                let time = Double.random(in: 0...10e6, using: &random)
                return node.probe(at: time, forward: 0, hold: Double(random.next() % 2) * 300, back: 0).probe
            }
            let stated = ClockAssumptions(rate: .standard, agentResolution: agent, controllerResolution: controller)
            let refined = RefinedClock(probes: probes, assumptions: stated)
            var live = LiveClock(assumptions: stated)
            for probe in probes { #expect(live.observe(probe) == .accepted) }
            live.freeze(through: node.agent(5e6))
            #expect(refined.breaks.isEmpty && refined.rejectedProbes == 0, "seed \(seed)")
            let wrong = RefinedClock(probes: probes)
            for _ in 0..<50 {
                let event = Double.random(in: 0...10e6, using: &random)
                for time in [refined.map(node.agent(event)), live.map(node.agent(event))] {
                    if !node.truth(event, isIn: time) { Issue.record("seed \(seed): \(event) outside \(time)") }
                }
                if !node.truth(event, isIn: wrong.map(node.agent(event))) { careless += 1 }
            }
        }
        // Stating the wrong resolution must show, or this test could not fail.
        #expect((careless > 0) == (agent > 1 || controller > 1), "\(careless)")
    }
}
