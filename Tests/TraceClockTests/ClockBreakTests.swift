import Testing

@testable import TraceClock

/// Clocks that leave the assumptions must be flagged, at the latest when the probes prove it.
struct ClockBreakTests {
    /// 30 probes 50 ms apart over the given node with 100 us round trip; freezes 30 ms behind. Events every 5 ms.
    /// In `silence` (true ns) the node neither replies nor records.
    static func run(_ node: SimulatedNode, probes count: Int = 30, silence: Range<Double> = 0..<0) -> (
        live: LiveClock, refined: RefinedClock, shown: [(event: Double, first: MappedTime)], events: [Double]
    ) {
        var live = LiveClock()
        var probes: [ClockProbe] = []
        var shown: [(event: Double, first: MappedTime)] = []
        let events = (0..<count * 10).map { Double($0) * 5e6 + 1e6 }.filter { !silence.contains($0) }
        var waiting = events[...]
        for index in 0..<count {
            let sent = 50e6 * Double(index) + 20e6
            if silence.contains(sent) { continue }
            let (probe, _) = node.probe(at: sent, forward: 50_000, hold: 1000, back: 50_000)
            probes.append(probe)
            _ = live.observe(probe)
            live.freeze(through: node.agent(sent - 10e6))
            while let event = waiting.first, event <= sent - 10e6 {
                shown.append((event, live.map(node.agent(event))))
                waiting.removeFirst()
            }
        }
        return (live, RefinedClock(probes: probes), shown, events)
    }

    static func node() -> SimulatedNode {
        SimulatedNode(controllerBase: 1 << 60, agentBase: 1 << 50, rates: [100e-6], span: 1)
    }

    @Test(arguments: [2e6, 300e6, 5e9])
    func aStepForwardIsFlaggedAndTheGapHoldsTheTruth(step: Double) {
        var node = Self.node()
        node.step(at: 777e6, by: step)
        let run = Self.run(node)
        checkOneBreak(node, run.live, run.refined, run.events.filter { $0 < 1400e6 }, gap: 772e6..<818e6)
    }

    /// `mono_raw` stands still in suspend, here for 600 ms.
    @Test func aSuspendIsFlaggedAndTheGapHoldsTheTruth() {
        let run = Self.run(Self.standingStill, silence: 600e6..<1200e6)
        let events = run.events.filter { $0 < 1400e6 }
        checkOneBreak(Self.standingStill, run.live, run.refined, events, gap: 572e6..<1218e6)
    }

    /// A clock that stands still while the node goes on shows one time for many moments: no bound holds there.
    @Test func aClockThatStandsStillNeverLies() {
        let run = Self.run(Self.standingStill)
        #expect(run.live.breakCount > 5)
        for event in run.events where event < 1400e6 {
            for time in [
                run.live.map(Self.standingStill.agent(event)), run.refined.map(Self.standingStill.agent(event)),
            ] {
                #expect(Self.standingStill.truth(event, isIn: time), "\(event): \(time)")
            }
        }
    }

    static let standingStill = SimulatedNode(
        controllerBase: 1 << 60, agentBase: 1 << 50, rates: [100e-6, -1, 100e-6], span: 600e6)

    private func checkOneBreak(
        _ node: SimulatedNode, _ live: LiveClock, _ refined: RefinedClock, _ events: [Double], gap: Range<Double>
    ) {
        #expect(live.breakCount == 1 && refined.breaks.count == 1)
        // Around the break all is doubted for some seconds, which these runs do not have. But only few events have a bound
        // that rests on order alone.
        var wide = 0
        for event in events {
            let (shown, later) = (live.map(node.agent(event)), refined.map(node.agent(event)))
            #expect(node.truth(event, isIn: shown), "\(event): \(shown)")
            #expect(node.truth(event, isIn: later), "\(event): \(later)")
            if later.bound.halfWidth ?? .max > 10_000_000 { wide += 1 }
            if gap.contains(event) { #expect(later.quality == .degraded && shown.quality == .degraded, "\(event)") }
        }
        #expect(wide < events.count / 4, "\(wide) of \(events.count) events have wide bounds")
    }

    @Test func estimatesStayPutAndInOrderAcrossABreak() {
        var node = Self.node()
        node.step(at: 777e6, by: 40e6)
        let run = Self.run(node)
        var last = Int64.min
        for (event, first) in run.shown {
            let now = run.live.map(node.agent(event))
            #expect(now.estimate == first.estimate)
            #expect(now.estimate >= last)
            if now.bound != first.bound {
                #expect(now.quality == .degraded && now.lower <= first.lower && now.upper >= first.upper)
            }
            last = now.estimate
        }
        last = .min
        for time in stride(from: node.agent(0), to: node.agent(1500e6), by: 777_777) {
            let estimate = run.refined.map(time).estimate
            #expect(estimate >= last)
            last = estimate
        }
    }

    @Test func aClockThatGoesBackIsFlaggedWhereverItMeansTwoMoments() {
        var node = Self.node()
        node.step(at: 777e6, by: -100e6)
        let run = Self.run(node)
        #expect(run.live.breakCount == 1)
        guard case .wentBackwards(let by) = run.live.breaks.first?.reason else {
            Issue.record("\(run.live.breaks)")
            return
        }
        #expect(by > 40_000_000 && by < 100_000_000)
        var certain = 0
        for event in run.events where event < 1400e6 {
            for time in [run.live.map(node.agent(event)), run.refined.map(node.agent(event))] {
                #expect(node.truth(event, isIn: time), "\(event): \(time)")
                if time.quality == .bounded { certain += 1 }
            }
        }
        // Live times are in doubt for seconds after it.
        #expect(certain > run.events.count * 3 / 4)
    }

    @Test func whatWasShownBeforeABreakWasFoundIsTakenBack() {
        var node = Self.node()
        node.step(at: 777e6, by: 40e6)
        var live = LiveClock()
        var wrong = 0
        for tick in 0..<140 {
            let now = Double(tick) * 10e6
            if tick % 5 == 2 {
                _ = live.observe(node.probe(at: now - 101_000, forward: 5e4, hold: 1000, back: 5e4).probe)
            }
            live.freeze(through: node.agent(now))
            if !node.truth(now, isIn: live.map(node.agent(now))) { wrong += 1 }
        }
        #expect(wrong > 0, "the step must have been shown wrongly at first, or nothing is tested")
        #expect(live.breakCount == 1)
        for event in stride(from: 0, to: 1390e6, by: 1e6) {
            let time = live.map(node.agent(event))
            #expect(node.truth(event, isIn: time), "\(event): \(time)")
            if event > 778e6, event < 819e6 { #expect(time.quality == .degraded, "\(event)") }
            if event < 700e6 { #expect(time.quality == .bounded, "\(event)") }
            if event > 850e6 { #expect(time.quality == .degraded && time.upper - time.lower < 10_000_000, "\(event)") }
        }
    }

    /// The second probe lies after a step that the third one proves. Points before the first step were frozen with the
    /// second probe's bound.
    @Test func whatRestsOnAProbeFromTheGapIsTakenBackToo() {
        var node = SimulatedNode(controllerBase: 1 << 60, agentBase: 1 << 50, rates: [0], span: 1)
        node.step(at: 115e6, by: 80_000)
        node.step(at: 130e6, by: 80_000)
        let probes = [
            node.probe(at: 100e6, forward: 100_000, hold: 0, back: 100_000).probe,
            node.probe(at: 119.8e6, forward: 200_000, hold: 0, back: 0).probe,
            node.probe(at: 139.8e6, forward: 200_000, hold: 0, back: 0).probe,
        ]
        var live = LiveClock()
        #expect(live.observe(probes[0]) == .accepted)
        #expect(live.observe(probes[1]) == .accepted)
        live.freeze(through: node.agent(95e6))
        live.freeze(through: node.agent(99e6))
        #expect(
            !node.truth(99e6, isIn: live.map(node.agent(99e6))), "the step must mislead the clock, or nothing is tested"
        )
        guard case .epochBreak = live.observe(probes[2]) else {
            Issue.record("no break")
            return
        }
        let refined = RefinedClock(probes: probes)
        for event in stride(from: 0, to: 139e6, by: 0.5e6) {
            #expect(node.truth(event, isIn: refined.map(node.agent(event))), "\(event)")
            guard event <= 99e6 else { continue }
            let time = live.map(node.agent(event))
            #expect(time.quality == .degraded || node.truth(event, isIn: time), "\(event): \(time)")
        }
        #expect(live.map(node.agent(99e6)).quality == .degraded)
    }

    @Test func aRateBeyondTheRangeIsFlaggedOnceItCanBeProved() {
        for (rate, isBreak) in [(499e-6, false), (-499e-6, false), (800e-6, true), (-800e-6, true)] {
            let node = SimulatedNode(controllerBase: 1 << 60, agentBase: 1 << 50, rates: [rate], span: 1)
            let run = Self.run(node)
            #expect((run.live.breakCount > 0) == isBreak, "\(rate): \(run.live.breakCount)")
            #expect(run.refined.breaks.isEmpty != isBreak)
            // Excess 300 ppm against a round trip of 100 us: provable after about a third of a second.
            if isBreak, let first = run.live.breaks.first?.before {
                #expect(first < node.agent(500e6) && first > node.agent(200e6))
            }
        }
    }

    @Test func aDeclaredBreakDegradesUntilTheNextProbe() {
        var node = Self.node()
        var live = LiveClock()
        for index in 0..<10 {
            _ = live.observe(node.probe(at: Double(index) * 50e6, forward: 5e4, hold: 0, back: 5e4).probe)
        }
        live.freeze(through: node.agent(400e6))
        node.step(at: 500e6, by: 1e5)
        live.declareBreak(.clockSourceChanged, after: node.agent(480e6))
        #expect(live.map(node.agent(300e6)).quality == .bounded)
        let after = live.map(node.agent(510e6))
        #expect(after.quality == .degraded && node.truth(510e6, isIn: after))
        live.freeze(through: node.agent(520e6))
        guard case .epochBreak(let found) = live.observe(node.probe(at: 550e6, forward: 5e4, hold: 0, back: 5e4).probe)
        else {
            Issue.record("the probe after a declared break opens an epoch")
            return
        }
        #expect(found.reason == .clockSourceChanged && found.before != nil)
        live.freeze(through: node.agent(600e6))
        for event in stride(from: 410e6, to: 600e6, by: 3e6) {
            #expect(node.truth(event, isIn: live.map(node.agent(event))))
        }
        #expect(live.map(node.agent(540e6)).quality == .degraded)
        #expect(live.map(node.agent(590e6)).quality == .bounded)

        let split = RefinedClock(
            probes: (0..<20).map { node.probe(at: Double($0) * 50e6, forward: 5e4, hold: 0, back: 5e4).probe },
            declaredBreaks: [
                DeclaredClockBreak(reason: .suspended, after: node.agent(480e6), noticed: node.controller(520e6))
            ])
        #expect(split.breaks.count == 1)
        for event in stride(from: 0, to: 900e6, by: 3e6) {
            let time = split.map(node.agent(event))
            #expect(node.truth(event, isIn: time))
            #expect(time.quality == (event > 480e6 && event < 550e6 ? .degraded : .bounded), "\(event)")
        }
    }

    @Test func afterARebootNothingIsLeft() {
        var live = LiveClock()
        _ = live.observe(LiveClockTests.probe(at: 2_000_000_000, offset: 0))
        live.freeze(through: 2_000_000_000)
        live.declareBreak(.bootIDChanged)
        #expect(live.map(1_000_000_000).quality == .unknown)
        guard case .epochBreak = live.observe(LiveClockTests.probe(at: 9_000_000_000, offset: 8_000_000_000)) else {
            Issue.record("no epoch")
            return
        }
        live.freeze(through: 1_500_000_000)
        #expect(live.map(1_400_000_000).quality == .bounded)
        #expect(live.map(900_000_000).quality == .degraded)
        #expect(live.map(900_000_000).boundDescription == "±unknown")
    }
}
