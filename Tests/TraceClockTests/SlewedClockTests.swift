import TestSupport
import Testing

@testable import TraceClock

/// A trace clock that NTP adjusts, tied to the agent's clock by pairs.
struct SlewedClockTests {
    /// A node whose agent's clock is probed over a link, and whose trace clock is slewed against it.
    private struct Run {
        let agent: SimulatedNode
        var trace: SimulatedNode
        var random: SplitMix64
        var steps: [(at: Double, step: Step)] = []
        static let duration = 20e9

        enum Step {
            case probe(ClockProbe)
            case pair(ClockPair)
            case watermark(Int64)
        }

        /// - Parameter slew: of the trace clock against the agent's, for each half second.
        init(seed: UInt64, slew: (Int, inout SplitMix64) -> Double) {
            var random = SplitMix64(seed: seed)
            let crystal = Double.random(in: -480e-6...480e-6, using: &random)
            agent = SimulatedNode(controllerBase: 1 << 50, agentBase: 1 << 45, rates: [crystal], span: Self.duration)
            let rates = (0..<40).map { (1 + crystal) * (1 + slew($0, &random)) - 1 }
            trace = SimulatedNode(
                controllerBase: 1 << 50, agentBase: 1 << 60, rates: rates, span: Self.duration / 40)
            self.random = random
        }

        mutating func measure() {
            let scale = Double.random(in: 10...50_000, using: &random)
            for index in 0..<Int(Self.duration / 50e6) {
                let time = Double(index) * 50e6
                let probe = agent.probe(
                    at: time, forward: random.delay(least: 30_000, scale: scale), hold: 2000,
                    back: random.delay(least: 50_000, scale: scale))
                steps.append((probe.done, .probe(probe.probe)))
                let pair = time + 20e6 + Double(random.next() % 5_000_000)
                steps.append(
                    (
                        pair,
                        .pair(
                            ClockPair(
                                before: agent.agent(pair), clock: trace.agent(pair + 70),
                                after: agent.agent(pair + 140)))
                    ))
                steps.append((pair + 1000, .watermark(agent.agent(pair - 10_000))))
            }
            steps.sort { $0.at < $1.at }
        }

        /// A stamp of an event: the kernel's copy of the clock is a little off.
        mutating func stamp(_ event: Double) -> Int64 { trace.agent(event) + Int64(random.next() % 1800) - 900 }
    }

    private struct Tally {
        var checks = 0
        var unmarked = 0
        var marked = 0
        var certain = 0

        mutating func add(_ event: Double, _ time: MappedTime, in run: Run) {
            checks += 1
            let isWrong = !run.trace.truth(event, isIn: time)
            if isWrong, time.quality == .bounded { unmarked += 1 }
            if isWrong, time.quality != .bounded { marked += 1 }
            if time.quality == .bounded { certain += 1 }
        }
    }

    private func saved(_ run: inout Run, events: Int) -> (Tally, halfWidths: [Int64]) {
        let probes = run.steps.compactMap { if case .probe(let probe) = $0.step { probe } else { nil } }
        let pairs = run.steps.compactMap { if case .pair(let pair) = $0.step { pair } else { nil } }
        var clock = RefinedClock(pairs, by: RefinedClock(probes: probes, wander: .standard))
        var tally = Tally()
        var widths: [Int64] = []
        for index in 0..<events {
            let event = 0.2e9 + (Run.duration - 0.4e9) * Double(index) / Double(events)
            let time = clock.mapNext(run.stamp(event))
            tally.add(event, time, in: run)
            if let half = time.bound.halfWidth { widths.append(half) }
        }
        return (tally, widths.sorted())
    }

    private func live(_ run: inout Run) -> Tally {
        var (agent, slewed) = (LiveClock(), SlewedClock())
        var tally = Tally()
        var next = 0.2e9
        for (_, step) in run.steps {
            switch step {
            case .probe(let probe): _ = agent.observe(probe)
            case .pair(let pair): _ = slewed.observe(pair, by: agent)
            case .watermark(let time):
                agent.freeze(through: time)
                guard let through = slewed.freeze(throughAgent: time) else { continue }
                while case let stamp = run.stamp(next), stamp <= through {
                    tally.add(next, slewed.clock.map(stamp), in: run)
                    next += 1_234_567
                }
            }
        }
        return tally
    }

    /// As far as the kernel's frequency adjustment goes, changing twice a second.
    @Test func theBoundHoldsWhileTheSlewIsWithin500PartsPerMillion() {
        var (checks, p99) = (0, Int64(0))
        for seed in 0..<40 as Range<UInt64> {
            var run = Run(seed: seed) { _, random in Double.random(in: -499e-6...499e-6, using: &random) }
            run.measure()
            let (saved, widths) = saved(&run, events: 5000)
            let live = live(&run)
            #expect(saved.unmarked == 0 && saved.marked == 0 && saved.certain == saved.checks, "\(seed): \(saved)")
            #expect(live.unmarked == 0 && live.marked == 0 && live.certain == live.checks, "\(seed): \(live)")
            checks += saved.checks + live.checks
            p99 = max(p99, widths[widths.count * 99 / 100])
        }
        #expect(checks > 600_000, "\(checks) checks")
        // Half of the least round trip, and 1001 ppm of half the time between two pairs.
        #expect(p99 < 40_000 + 60_000, "half-width \(p99) ns")
    }

    /// chrony slews by up to 8.3 % (`tick` of adjtimex) when the clock is far off. Every wrong line has a mark.
    @Test(arguments: [83_333e-6, -83_333e-6, 5000e-6, -5000e-6])
    func aFastSlewIsMarked(slew: Double) {
        for seed in 0..<10 as Range<UInt64> {
            var run = Run(seed: seed) { index, _ in (10..<14).contains(index) ? slew : 3e-6 }
            run.measure()
            let (saved, _) = saved(&run, events: 5000)
            let live = live(&run)
            // Live, what was printed before it shows has no mark.
            #expect(saved.unmarked == 0 && live.unmarked * 100 < live.checks, "\(seed): \(saved) \(live)")
            // Where nothing was wrong most lines are certain.
            #expect(saved.certain > saved.checks / 2, "\(seed): \(saved) \(live)")
        }
    }

    /// Somebody sets the time of day: `tai` steps.
    @Test(arguments: [1e9, 50e6, -50e6, -1e9, 37e9])
    func aStepIsMarked(by step: Double) {
        for seed in 0..<10 as Range<UInt64> {
            var run = Run(seed: seed) { _, _ in 2e-6 }
            run.trace.step(at: 7.123e9, by: step)
            run.measure()
            let (saved, _) = saved(&run, events: 5000)
            let live = step > 0 ? live(&run) : Tally()
            #expect(saved.unmarked == 0 && live.unmarked == 0, "\(seed): \(saved) \(live)")
            #expect(saved.certain > saved.checks / 2, "\(seed): \(saved)")
        }
    }

    /// Where the agent's clock is not certain, nothing that rests on it is.
    @Test func aBreakOfTheAgentsClockIsOneOfTheTraceClock() throws {
        func probe(_ time: Int64, _ agent: Int64) -> ClockProbe {
            ClockProbe(t1: time - 1000, t2: agent, t3: agent, t4: time + 1000)
        }
        let second: Int64 = 1_000_000_000
        var probes: [ClockProbe] = []
        var pairs: [ClockPair] = []
        for index in 20...200 as ClosedRange<Int64> {
            let time = index * second / 20
            // The agent's clock steps by 300 us, and its trace clock does not.
            let agent = time + (index < 100 ? 0 : 300_000)
            probes.append(probe(time, agent))
            pairs.append(ClockPair(before: agent + 500, clock: time + 5 * second, after: agent + 600))
        }
        let ground = RefinedClock(probes: probes)
        let clock = RefinedClock(pairs, by: ground)
        #expect(clock.map(3 * second + 5 * second).quality == .bounded)
        #expect(clock.map(8 * second + 5 * second).quality == .bounded)
        #expect(clock.map(5 * second - second / 40 + 5 * second).quality == .degraded)
        #expect(clock.breaks.count == 1, "\(clock.breaks)")
    }

    @Test func whatMakesNoSenseIsLeftOut() {
        let agent = RefinedClock(probes: [ClockProbe(t1: 1 << 40, t2: 5000, t3: 5000, t4: 1 << 40 + 10)])
        let pairs = [
            ClockPair(before: 10_000, clock: -5, after: 11_000), ClockPair(before: 11_000, clock: 7, after: 10_000),
            ClockPair(before: .min, clock: .max, after: .max), ClockPair(before: -1, clock: 5, after: 5),
        ]
        #expect(RefinedClock(pairs, by: agent).map(1000).quality == .unknown)
        var slewed = SlewedClock()
        for pair in pairs { _ = slewed.observe(pair, by: LiveClock()) }
        for _ in 0..<5000 { _ = slewed.observe(ClockPair(before: 1, clock: 2, after: 3), by: LiveClock()) }
        #expect(slewed.clock.map(1000).quality == .unknown)
    }
}
