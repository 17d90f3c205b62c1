import TestSupport
import Testing

@testable import TraceClock

/// Clocks that do what the assumptions do not allow: whatever bound is wrong must carry a mark.
struct RateDepartureTests {
    /// A node's clock, its probes 20 times a second over a path, and the checks of a refined clock.
    private struct Run {
        static let duration = 30e9
        let node: SimulatedNode
        let probes: [ClockProbe]

        init(_ node: SimulatedNode, seed: UInt64, forward: Double, back: Double, scale: Double) {
            var random = SplitMix64(seed: seed)
            self.node = node
            probes = (0..<600).map { index in
                node.probe(
                    at: Double(index) * 50e6, forward: random.delay(least: forward, scale: scale), hold: 2000,
                    back: random.delay(least: back, scale: scale)
                ).probe
            }
        }

        func check(_ clock: RefinedClock, count: Int, seed: UInt64) -> (unmarked: Int, marked: Int, doubted: Int) {
            var random = SplitMix64(seed: seed)
            var clock = clock
            var found = (unmarked: 0, marked: 0, doubted: 0)
            for event in (0..<count).map({ _ in Double.random(in: 0...Self.duration, using: &random) }).sorted() {
                let time = clock.mapNext(node.agent(event))
                if time.quality != .bounded { found.doubted += 1 }
                guard !node.truth(event, isIn: time) else { continue }
                if time.quality == .bounded { found.unmarked += 1 } else { found.marked += 1 }
            }
            return found
        }
    }

    private static func node(_ rates: [Double], span: Double = Run.duration) -> SimulatedNode {
        SimulatedNode(controllerBase: 1 << 60, agentBase: 1 << 50, rates: rates, span: span)
    }

    /// Paths: quick, and with one way slower than the other, where the width of a bound shows little.
    private static let paths: [(forward: Double, back: Double)] = [(60e3, 60e3), (1e6, 1e6), (1e6, 20e6), (5e6, 1e6)]

    /// A quarter of a million checks of each rate.
    @Test(arguments: [510, 600, -600, 2000, -2000, 20_000] as [Double])
    func aRateOutsideOfItsRangeIsSeenAndTheRangeGrows(partsPerMillion: Double) {
        for (index, path) in Self.paths.enumerated() {
            for rates in [[partsPerMillion * 1e-6], [20e-6, partsPerMillion * 1e-6, partsPerMillion * 1e-6]] {
                let run = Run(
                    Self.node(rates, span: Run.duration / 3), seed: UInt64(index), forward: path.forward,
                    back: path.back,
                    scale: 10_000)
                for wander in [nil, ClockWander.standard] {
                    let clock = RefinedClock(probes: run.probes, wander: wander)
                    let found = run.check(clock, count: 15_000, seed: 7)
                    #expect(found.unmarked == 0, "\(partsPerMillion) ppm, \(path), \(rates.count) rates: \(found)")
                    if abs(partsPerMillion) >= 600, rates.count == 1 {
                        #expect(found.marked == 0 && found.doubted > 14_000, "\(path): \(found)")
                        #expect(clock.breaks.isEmpty, "\(path): \(clock.breaks.count)")
                    }
                }
            }
        }
    }

    /// Steps, from what no probe proves to what each one does.
    @Test(arguments: [20e3, 150e3, 1e6, 5e6, 50e6] as [Double])
    func aStepIsMarked(by: Double) {
        for (index, path) in Self.paths.enumerated() {
            for sign in [1.0, -1.0] {
                var node = Self.node([20e-6])
                node.step(at: 12.34e9, by: sign * by)
                let run = Run(node, seed: UInt64(index), forward: path.forward, back: path.back, scale: 10_000)
                let clock = RefinedClock(probes: run.probes, wander: .standard)
                let found = run.check(clock, count: 15_000, seed: 7)
                #expect(found.unmarked == 0, "\(sign * by) ns, \(path): \(found)")
            }
        }
    }

    /// A rate that swings, on paths whose one way is slow: the bound stays wide, and the truth leaves it on one side.
    @Test(arguments: [100e3, 500e3, 2e6] as [Double])
    func aSwingBehindAnUnevenPathIsMarked(amplitude: Double) {
        for (index, path) in Self.paths.enumerated() {
            let slope = amplitude / 5e9
            let node = Self.node((0..<6).map { $0 % 2 == 0 ? slope : -slope }, span: 5e9)
            let run = Run(node, seed: UInt64(index), forward: path.forward, back: path.back, scale: 10_000)
            let found = run.check(RefinedClock(probes: run.probes, wander: .standard), count: 15_000, seed: 7)
            #expect(found.unmarked == 0, "\(amplitude) ns, \(path): \(found)")
        }
    }

    /// What the assumptions allow is not doubted, however different the two ways are.
    @Test func aSteadyClockIsNotDoubted() {
        for (index, path) in Self.paths.enumerated() {
            for rate in [0, 50e-6, -200e-6, 450e-6] {
                let run = Run(
                    Self.node([rate]), seed: UInt64(index), forward: path.forward, back: path.back, scale: 10_000)
                for wander in [nil, ClockWander.standard] {
                    let found = run.check(RefinedClock(probes: run.probes, wander: wander), count: 5000, seed: 7)
                    #expect(found == (0, 0, 0), "\(rate), \(path): \(found)")
                }
            }
        }
    }
}
