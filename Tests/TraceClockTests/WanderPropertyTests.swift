import TestSupport
import Testing

@testable import TraceClock

/// The narrower bound: true as long as the stated wander is, and close to what the network forces.
struct WanderPropertyTests {
    /// A node whose rate stays within `wander` of a mean, and its probes.
    private struct Run {
        let node: SimulatedNode
        let probes: [ClockProbe]
        let leastDelay: Double
        static let duration = 40e9
        static let pieces = 64

        init(seed: UInt64, wander: Double) {
            var random = SplitMix64(seed: seed)
            let base = Double.random(in: -480e-6...480e-6, using: &random)
            // Any two rates differ by no more than the wander, so none is farther from a mean of them. Each strays from
            // the one before by as little as a block of 10 s allows.
            var stray = 0.0
            let rates = (0..<Self.pieces).map { _ in
                stray = min(max(stray + Double.random(in: -0.06...0.06, using: &random), -0.5), 0.5)
                return base + stray * wander
            }
            node = SimulatedNode(
                controllerBase: 1 << 50, agentBase: 1 << 45, rates: wander > 0 ? rates : [base],
                span: Self.duration / Double(Self.pieces))
            let (forward, back) = (
                Double.random(in: 20_000...400_000, using: &random), Double.random(in: 20_000...400_000, using: &random)
            )
            let scale = Double.random(in: 10...100_000, using: &random)
            leastDelay = (forward + back) / 2
            var probes: [ClockProbe] = []
            for index in 0..<400 where random.next() % 8 != 0 {
                probes.append(
                    node.probe(
                        at: Double(index) * 100e6, forward: random.delay(least: forward, scale: scale), hold: 2000,
                        back: random.delay(least: back, scale: scale)
                    ).probe)
            }
            self.probes = probes
        }
    }

    /// Half a million checks under the standard allowance, in blocks of 10 s, so that there are seams.
    @Test func theBoundHoldsWhileTheWanderDoes() throws {
        let wander = try #require(ClockWander(partsPerBillion: 1000, block: 10_000_000_000))
        var ratios: [Double] = []
        for seed in 0..<250 as Range<UInt64> {
            let run = Run(seed: seed, wander: 1e-6)
            let hard = RefinedClock(probes: run.probes)
            var clock = RefinedClock(probes: run.probes, wander: wander)
            #expect(clock.breaks.isEmpty && clock.rejectedProbes == 0)
            var last = Int64.min
            var random = SplitMix64(seed: seed)
            for event in (0..<2000).map({ _ in Double.random(in: 0...Run.duration, using: &random) }).sorted() {
                let agent = run.node.agent(event)
                let time = clock.mapNext(agent)
                let wide = hard.map(agent)
                if !run.node.truth(event, isIn: time) { Issue.record("seed \(seed): \(event) outside \(time)") }
                if time.quality != .bounded { Issue.record("seed \(seed): nothing refutes a true wander: \(time)") }
                if time.lower < wide.lower - 1 || time.upper > wide.upper + 1 {
                    Issue.record("seed \(seed): wider than the hard bound")
                }
                if time.estimate < last { Issue.record("seed \(seed): the estimate falls") }
                last = time.estimate
                if let half = time.bound.halfWidth { ratios.append(Double(half) / run.leastDelay) }
            }
        }
        ratios.sort()
        let p99 = ratios[ratios.count * 99 / 100]
        #expect(ratios.count == 500_000 && p99 < 1.5, "p50 \(ratios[ratios.count / 2]), p99 \(p99)")
    }

    /// A constant rate is the reference's assumption: no line through all probes leaves the bound, and the bound is not
    /// much wider than all of these lines.
    @Test func itHoldsEveryLineThroughAllProbes() throws {
        let constant = try #require(ClockWander(partsPerBillion: 0))
        var (own, reference) = (0.0, 0.0)
        for seed in 0..<16 as Range<UInt64> {
            let run = Run(seed: seed, wander: 0)
            let clock = RefinedClock(probes: run.probes, wander: constant)
            let samples = run.probes.map { ClockSample(unchecked: $0, .standard) }
            let origin = samples[0].agent
            let points = samples.map { sample in
                (
                    x: Double(sample.agent - origin), low: Double(sample.lower - sample.agent),
                    high: Double(sample.upper - sample.agent)
                )
            }
            guard let bundle = LineBundle(points) else {
                Issue.record("seed \(seed): no line")
                continue
            }
            for time in stride(from: 0.5e9, to: 39e9, by: 1.7e9) {
                let lines = bundle.values(at: time)
                let agent = origin + Int64(time)
                let bound = clock.map(agent).bound
                let (low, high) = (Double(bound.lower - agent), Double(bound.upper - agent))
                // Doubles of 2^51 are good to a quarter of a ns.
                if lines.low < low - 2 || lines.high > high + 2 { Issue.record("seed \(seed) at \(time): \(lines)") }
                own += high - low
                reference += lines.high - lines.low
            }
        }
        #expect(own < reference * 1.15, "\(own / reference)")
    }

    /// A rate that moves by far more than is stated: the probes refute it, the allowance grows, and the lines say so.
    @Test func aRefutedWanderIsWidenedAndMarked() throws {
        let wander = try #require(ClockWander(partsPerBillion: 1000, block: 10_000_000_000))
        var (marked, wrong, all) = (0, 0, 0)
        for seed in 0..<60 as Range<UInt64> {
            let run = Run(seed: seed, wander: 300e-6)
            guard run.leastDelay < 200_000 else { continue }
            let clock = RefinedClock(probes: run.probes, wander: wander)
            var random = SplitMix64(seed: seed)
            for _ in 0..<1000 {
                let event = Double.random(in: 0...Run.duration, using: &random)
                let time = clock.map(run.node.agent(event))
                all += 1
                if time.quality == .degraded { marked += 1 }
                if !run.node.truth(event, isIn: time), time.quality == .bounded { wrong += 1 }
            }
        }
        #expect(all > 10_000 && marked > all * 9 / 10 && wrong == 0, "\(marked) marked, \(wrong) wrong of \(all)")
    }

    /// A rate that swings: too little for a contradiction, and enough to put the truth outside of the narrow bound. It
    /// shows as a bound that is narrower than the network allows.
    @Test(arguments: [40_000, 100_000, 200_000, 1_000_000] as [Double])
    func aSwingThatNoProbeContradictsIsMarked(amplitude: Double) throws {
        let wander = try #require(ClockWander(partsPerBillion: 1000, block: 20_000_000_000))
        var (wrong, narrowWrong) = (0, 0)
        for seed in 0..<12 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            // A triangle wave of 20 s: the rate is +s, then -s.
            let slope = amplitude / 10e9
            let node = SimulatedNode(
                controllerBase: 1 << 50, agentBase: 1 << 45,
                rates: (0..<9).map { index in index % 2 == 0 ? slope : -slope }, span: 10e9)
            let probes = (0..<900).map { index in
                node.probe(
                    at: Double(index) * 100e6, forward: random.delay(least: 100_000, scale: 5_000), hold: 2000,
                    back: random.delay(least: 100_000, scale: 5_000)
                ).probe
            }
            let clock = RefinedClock(probes: probes, wander: wander)
            for _ in 0..<1000 {
                let event = Double.random(in: 0...89e9, using: &random)
                let time = clock.map(node.agent(event))
                if !node.truth(event, isIn: time) {
                    if time.quality == .bounded { wrong += 1 } else { narrowWrong += 1 }
                }
            }
        }
        #expect(wrong == 0, "\(wrong) wrong without a mark, \(narrowWrong) with one")
    }

    @Test func oddAllowancesAreRefused() {
        #expect(ClockWander(partsPerBillion: -1) == nil && ClockWander(partsPerBillion: 500_001) == nil)
        #expect(ClockWander(partsPerBillion: 1, block: 999_999_999) == nil)
        #expect(ClockWander(partsPerBillion: 1, block: .max) == nil)
    }

    /// A file can state anything: probes decades apart make no more blocks than there are probes.
    @Test func probesDecadesApartCostLittle() {
        let probes = (0..<50 as Range<Int64>).map { index in
            let time = index << 55
            return ClockProbe(t1: time, t2: time, t3: time, t4: time + 1000)
        }
        let clock = RefinedClock(probes: probes, wander: .standard)
        #expect(clock.pieces.count <= 200)
        #expect(clock.map(1 << 54).quality == .bounded)
    }
}

/// All lines between the samples' bounds, as slopes on a grid.
private struct LineBundle {
    /// Of the lines of one slope, the least and the greatest value at 0.
    private var lines: [(slope: Double, low: Double, high: Double)] = []

    /// - Returns: nil when no line lies between all of the bounds.
    init?(_ points: [(x: Double, low: Double, high: Double)]) {
        func add(_ slope: Double) {
            var (low, high) = (-Double.infinity, Double.infinity)
            for point in points {
                let rise = slope * point.x
                if point.low - rise > low { low = point.low - rise }
                if point.high - rise < high { high = point.high - rise }
            }
            if low <= high { lines.append((slope, low, high)) }
        }
        for slope in stride(from: -510e-6, through: 510e-6, by: 0.5e-6) { add(slope) }
        guard let first = lines.first?.slope, let last = lines.last?.slope else { return nil }
        lines = []
        for slope in stride(from: first - 0.5e-6, through: last + 0.5e-6, by: 0.02e-6) { add(slope) }
    }

    /// The least and the greatest value of all lines at `time`.
    func values(at time: Double) -> (low: Double, high: Double) {
        var (low, high) = (Double.infinity, -Double.infinity)
        for line in lines {
            low = min(low, line.low + line.slope * time)
            high = max(high, line.high + line.slope * time)
        }
        return (low, high)
    }
}
