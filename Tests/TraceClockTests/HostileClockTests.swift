import TestSupport
import Testing

@testable import TraceClock

/// Whatever an agent states, arithmetic must not trap and memory must not grow.
struct HostileClockTests {
    static let extremes: [Int64] = [
        .min, .min + 1, -1, 0, 1, 2, 1000, 1 << 32, (1 << 60) - 1, 1 << 60, (1 << 61) - 1, 1 << 61, (1 << 61) + 1,
        (1 << 62) - 1, 1 << 62, (1 << 62) + 1, .max - 1, .max,
    ]

    @Test(arguments: [0, 500, 100_000])
    func extremeReadingsDoNotTrap(partsPerMillion: Int) throws {
        let rate = try #require(RateRange(partsPerMillion: partsPerMillion))
        let assumptions = ClockAssumptions(rate: rate, agentResolution: .max, controllerResolution: .max)
        var random = SplitMix64(seed: 99)
        func pick() -> Int64 {
            random.next() % 3 == 0
                ? Int64.random(in: 0...(1 << 61), using: &random)
                : Self.extremes.randomElement(using: &random) ?? 0
        }
        for _ in 0..<400 {
            var live = LiveClock(assumptions: assumptions, pathCapacity: 16)
            var probes: [ClockProbe] = []
            for _ in 0..<30 {
                var readings = [pick(), pick(), pick(), pick()]
                // Mostly in an order that passes, so that the arithmetic behind the checks is reached.
                if random.next() % 8 != 0 {
                    readings = [
                        min(readings[0], readings[3]), min(readings[1], readings[2]), max(readings[1], readings[2]),
                        max(readings[0], readings[3]),
                    ]
                    if random.next() % 2 == 0 { readings[2] = readings[1] }
                }
                let probe = ClockProbe(t1: readings[0], t2: readings[1], t3: readings[2], t4: readings[3])
                probes.append(probe)
                _ = live.observe(probe)
                live.freeze(through: pick())
                if random.next() % 16 == 0 { live.declareBreak(.suspended, after: pick()) }
                if random.next() % 16 == 0 { live.forget(before: pick()) }
                check(live.map(pick()))
                check(live.mapNext(pick()))
                check(live.segment(containing: pick()).map(pick()))
            }
            #expect(live.path.points.count <= 16 && live.breaks.count <= LiveClock.breakCapacity)
            let declared = [DeclaredClockBreak(reason: .resumed, after: pick(), noticed: pick())]
            var refined = RefinedClock(probes: probes, declaredBreaks: declared, assumptions: assumptions)
            for time in Self.extremes { check(refined.map(time)) }
            var last = Int64.min
            for time in (0..<50).map({ _ in Int64.random(in: 0...(1 << 61), using: &random) }).sorted() {
                let mapped = refined.mapNext(time)
                if mapped.quality != .unknown {
                    #expect(mapped.estimate >= last)
                    last = mapped.estimate
                }
            }
            _ = RefinedClock(probes: probes, declaredBreaks: declared, wander: .standard).map(1_000_000)
        }
    }

    private func check(_ time: MappedTime) {
        if !time.bound.contains(time.estimate) { Issue.record("estimate outside: \(time)") }
        _ = (time.plusMinus, time.bound.width, time.bound.halfWidth, time.boundDescription)
    }

    @Test func anAgentThatAlwaysLiesCostsOnlyItself() {
        var live = LiveClock()
        for index in 0..<5000 as Range<Int64> {
            let agent = index % 2 == 0 ? 1_000_000_000 : 500_000_000_000 + index
            _ = live.observe(ClockProbe(t1: index * 1_000_000, t2: agent, t3: agent, t4: index * 1_000_000 + 100))
        }
        #expect(live.breakCount > 4000)
        #expect(live.breaks.count == LiveClock.breakCapacity)
    }
}
