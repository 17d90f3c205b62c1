import TestSupport
import Testing

@testable import TraceClock

struct LiveClockTests {
    /// A probe with 50 us each way, controller = agent + `offset`.
    static func probe(at time: Int64, offset: Int64, delay: Int64 = 50_000) -> ClockProbe {
        ClockProbe(t1: time, t2: time - offset + delay, t3: time - offset + delay, t4: time + 2 * delay)
    }

    @Test func withoutAProbeNothingIsKnown() {
        var clock = LiveClock()
        clock.freeze(through: 1_000_000)
        #expect(clock.frozenThrough == nil)
        let time = clock.map(500)
        #expect(time == .unknown(agentTime: 500))
        #expect(time.quality == .unknown && !time.bound.isBounded && time.plusMinus == nil)
        #expect(time.boundDescription == "±unknown")
        #expect(clock.current == nil)
    }

    @Test func theBoundOfThePresentAges() {
        var clock = LiveClock()
        #expect(clock.present(at: 5) == nil && clock.newestReply == nil)
        _ = clock.observe(Self.probe(at: 10_000_000_000, offset: 7_000_000_000))
        #expect(clock.newestReply == 10_000_100_000)
        let fresh = clock.present(at: 10_000_100_000)?.plusMinus ?? 0
        let aged = clock.present(at: 70_000_100_000)?.plusMinus ?? 0
        // 500 ppm of a minute.
        #expect(fresh > 50_000 && fresh < 101_000 && aged - fresh > 29_900_000 && aged - fresh < 30_200_000)
        #expect(clock.present(at: 1) == clock.present(at: 10_000_100_000), "no younger than the reply")
        #expect(clock.present(at: .max) == nil || clock.present(at: .max)?.quality == .unknown)
    }

    @Test func theFirstProbeBoundsWhatCameBeforeIt() {
        var clock = LiveClock()
        #expect(clock.observe(Self.probe(at: 10_000_000_000, offset: 7_000_000_000)) == .accepted)
        clock.freeze(through: 3_000_050_000)
        // One second earlier the rate range adds 500 us to each side.
        let time = clock.map(2_000_050_000)
        #expect(time.quality == .bounded)
        #expect(time.estimate == 9_000_050_000)
        #expect(time.lower == 10_000_000_000 - 2 - 1_000_500_251)
        #expect(time.upper == 10_000_100_000 + 1 - 999_500_249 + 2)
    }

    @Test func aFrozenTimeKeepsItsEstimateAndBound() {
        var clock = LiveClock()
        _ = clock.observe(Self.probe(at: 1_000_000_000, offset: 0, delay: 5_000_000))
        clock.freeze(through: 1_050_000_000)
        let before = (0...105).map { clock.map($0 * 10_000_000) }
        // A far better probe that shows the estimate was 4.9 ms off.
        let better = ClockProbe(t1: 1_060_000_000, t2: 1_064_900_000, t3: 1_064_900_000, t4: 1_060_020_000)
        #expect(clock.observe(better) == .accepted)
        clock.freeze(through: 1_100_000_000)
        #expect((0...105).map { clock.map($0 * 10_000_000) } == before)
        let after = clock.map(1_100_000_000)
        #expect(after.estimate >= before[105].estimate)
        #expect(after.bound.width ?? .max < 60_000)
    }

    @Test func aPathThatWasTooHighWaitsAndItsBoundCoversIt() {
        var clock = LiveClock()
        // All of the 10 ms was on the way back: the truth is the lower end of the first bound.
        _ = clock.observe(ClockProbe(t1: 1_000_000_000, t2: 500_000_000, t3: 500_000_000, t4: 1_010_000_000))
        clock.freeze(through: 511_000_000)
        let before = clock.map(511_000_000)
        #expect(before.estimate == 1_016_000_000)
        _ = clock.observe(ClockProbe(t1: 1_011_990_000, t2: 512_000_000, t3: 512_000_000, t4: 1_012_010_000))
        clock.freeze(through: 512_000_000)
        let after = clock.map(512_000_000)
        #expect(after.estimate == before.estimate)
        #expect(after.bound.contains(1_012_000_000) && after.bound.contains(after.estimate))
        clock.freeze(through: 520_000_000)
        #expect(abs(clock.map(520_000_000).estimate - 1_020_000_000) < 20_000)
        let path = (5000...5200).map { clock.map($0 * 100_000).estimate }
        #expect(zip(path, path.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test func freezingAnEarlierTimeDoesNothing() {
        var clock = LiveClock()
        _ = clock.observe(Self.probe(at: 1_000_000_000, offset: 0))
        clock.freeze(through: 1_000_000_000)
        clock.freeze(through: 900_000_000)
        clock.freeze(through: .max)
        clock.freeze(through: -5)
        #expect(clock.frozenThrough == 1_000_000_000)
    }

    @Test func theWidthComesDownToTheLeastRoundTripAndTheDrift() {
        var clock = LiveClock()
        var random = SplitMix64(seed: 3)
        let node = SimulatedNode(controllerBase: 1 << 60, agentBase: 1 << 40, rates: [40e-6], span: 1)
        for index in 0..<200 {
            // Every tenth probe meets empty queues: 60 us round trip.
            let tail = index % 10 == 0 ? 0 : Double.random(in: 100_000...3_000_000, using: &random)
            let (probe, done) = node.probe(at: Double(index) * 50e6, forward: 30_000 + tail, hold: 500, back: 30_000)
            #expect(clock.observe(probe) == .accepted)
            clock.freeze(through: node.agent(done))
            guard index > 20 else { continue }
            let half = clock.map(node.agent(done)).bound.halfWidth ?? .max
            let age = Int64(index % 10) * 50_000_000
            #expect(half <= 30_000 + age / 2000 + 3_000 && half > 25_000, "probe \(index): ±\(half) ns")
        }
        #expect(abs(clock.driftPartsPerMillion + 40) < 5, "\(clock.driftPartsPerMillion)")
    }

    @Test func lateProbesNeverHurt() {
        let order = (0..<40).map {
            Self.probe(at: 1_000_000_000 + Int64($0) * 20_000_000, offset: 500, delay: 10_000 + Int64($0 % 7) * 9000)
        }
        var inOrder = LiveClock()
        var late = LiveClock()
        for probe in order { #expect(inOrder.observe(probe) == .accepted) }
        for probe in order.reversed() { #expect(late.observe(probe) == .accepted) }
        inOrder.freeze(through: 1_900_000_000)
        late.freeze(through: 1_900_000_000)
        #expect(inOrder.map(1_900_000_000).bound == late.map(1_900_000_000).bound)
        let width = late.map(1_900_000_000).bound.width ?? .max
        for probe in order.shuffled() { _ = late.observe(probe) }
        late.freeze(through: 1_900_000_001)
        #expect(late.map(1_900_000_001).bound.width ?? .max <= width + 1)
    }

    @Test func memoryIsBounded() {
        var clock = LiveClock(pathCapacity: 64)
        for index in 0..<2000 as Range<Int64> {
            for extra in 0..<3 as Range<Int64> {
                _ = clock.observe(Self.probe(at: 1_000_000_000 + index * 1_000_000 + extra * 1000, offset: 0))
            }
            clock.freeze(through: 900_000_000 + index * 1_000_000)
        }
        #expect(clock.path.points.count <= 64)
        // No watermark at all: samples are folded into the front.
        var unread = LiveClock()
        for index in 0..<2000 as Range<Int64> {
            _ = unread.observe(Self.probe(at: 1_000_000_000 + index * 1_000_000, offset: 0))
        }
        unread.freeze(through: 2_900_000_000)
        #expect(unread.map(2_900_000_000).bound.width ?? .max < 120_000)
        // Forgetting keeps what later times need.
        let kept = unread.map(2_950_000_000)
        unread.forget(before: 2_900_000_000)
        #expect(unread.map(2_950_000_000) == kept)
    }

    @Test func aForgottenTimeStillHasATrueBound() {
        var clock = LiveClock()
        for index in 0..<100 as Range<Int64> {
            _ = clock.observe(Self.probe(at: 1_000_000_000 + index * 50_000_000, offset: 0))
            clock.freeze(through: 1_000_000_000 + index * 50_000_000)
        }
        clock.forget(before: 5_000_000_000)
        #expect(clock.path.points.count < 30)
        let old = clock.map(2_000_000_000)
        #expect(old.quality == .bounded && old.bound.contains(2_000_000_000))
        #expect(old.bound.width ?? 0 > 2_000_000)
    }
}
