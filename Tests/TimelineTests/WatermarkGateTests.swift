import TestSupport
import Testing

@testable import Timeline

struct WatermarkGateTests {
    static let second: Int64 = 1_000_000_000

    /// Three nodes added at 0.
    static func gate() -> WatermarkGate {
        var gate = WatermarkGate()
        for node in 0..<3 { gate.add(node: node, at: 0) }
        return gate
    }

    @Test func outputWaitsForTheSlowestNode() {
        var gate = Self.gate()
        gate.update(node: 0, watermark: 100, at: 1000)
        gate.update(node: 1, watermark: 200, at: 1000)
        #expect(gate.release(at: 1000).frontier == .min)
        gate.update(node: 2, watermark: 50, at: 1000)
        #expect(gate.release(at: 1000) == WatermarkGate.Release(frontier: 50, events: []))
        gate.update(node: 2, watermark: 300, at: 1100)
        #expect(gate.release(at: 1100).frontier == 100)
        #expect(gate.isLate(99) && !gate.isLate(100))
    }

    @Test func aLowerWatermarkDoesNotMoveTheFrontierBack() {
        var gate = Self.gate()
        for node in 0..<3 { gate.update(node: node, watermark: 100, at: 1000) }
        #expect(gate.release(at: 1000).frontier == 100)
        gate.update(node: 1, watermark: 10, at: 1100)
        #expect(gate.release(at: 1100).frontier == 100)
        gate.add(node: 3, at: 1200)
        #expect(gate.release(at: 1200).frontier == 100)
    }

    @Test func aSilentNodeStallsAfterTheLimitAndNotBefore() {
        var gate = Self.gate()
        let start = Self.second
        for node in 0..<3 { gate.update(node: node, watermark: start, at: start) }
        _ = gate.release(at: start)
        let limit = start + 2 * Self.second
        for node in 0..<2 { gate.update(node: node, watermark: limit, at: limit) }
        #expect(gate.release(at: limit) == WatermarkGate.Release(frontier: start, events: []))
        let release = gate.release(at: limit + 1)
        #expect(release == WatermarkGate.Release(frontier: limit, events: [.stalled(2, since: start)]))
        #expect(gate.release(at: limit + 2).events == [])
        #expect(gate.state(of: 2) == .stalled(since: start))
    }

    @Test func aNodeThatRepeatsItselfIsSilent() {
        var gate = Self.gate()
        for step in 0..<40 as Range<Int64> {
            let now = step * Self.second / 10
            gate.update(node: 0, watermark: now + 1, at: now + 1)
            gate.update(node: 1, watermark: now + 1, at: now + 1)
            gate.update(node: 2, watermark: 5, at: now + 5)
            _ = gate.release(at: now + 5)
        }
        #expect(gate.state(of: 2) == .stalled(since: 5))
        #expect(gate.frontier > 3 * Self.second)
    }

    @Test func aRecoveredNodeIsLateUntilItHasCaughtUp() {
        var gate = Self.gate()
        let now = 10 * Self.second
        for node in 0..<2 { gate.update(node: node, watermark: now, at: now) }
        #expect(gate.release(at: now).events == [.stalled(2, since: 0)])
        #expect(gate.frontier == now)
        gate.update(node: 2, watermark: 4 * Self.second, at: now + 1)
        #expect(gate.state(of: 2) == .catchingUp)
        #expect(gate.isLate(4 * Self.second))
        for node in 0..<2 { gate.update(node: node, watermark: now + 500, at: now + 500) }
        let release = gate.release(at: now + 500)
        #expect(release == WatermarkGate.Release(frontier: now + 500, events: [.recovered(2)]))
        gate.update(node: 2, watermark: now + 600, at: now + 600)
        #expect(gate.state(of: 2) == .active)
        for node in 0..<2 { gate.update(node: node, watermark: now + 700, at: now + 700) }
        #expect(gate.release(at: now + 700).frontier == now + 600)
    }

    /// On a slow path a node never overtakes the others. Once its lag is below the limit, output waits for it again.
    @Test(arguments: [100, 900, 1999] as [Int64]) func aNodeOnASlowPathIsBackWhenItsLagIsBelowTheLimit(lag: Int64) {
        var gate = Self.gate()
        let start = 10 * Self.second
        let millisecond: Int64 = 1_000_000
        gate.finish(node: 1)
        gate.update(node: 0, watermark: start, at: start)
        #expect(gate.release(at: start).events == [.stalled(2, since: 0)])
        var late = 0
        for step in 1...400 as ClosedRange<Int64> {
            let now = start + step * 50 * millisecond
            gate.update(node: 0, watermark: now - millisecond, at: now)
            // A backlog first, ten times as fast as it was recorded.
            let watermark = min(start - 8 * Self.second + step * 500 * millisecond, now - lag * millisecond)
            let isFarBehind = now - watermark > 2 * Self.second
            if gate.isLate(watermark - 1), step > 60 { late += 1 }
            gate.update(node: 2, watermark: watermark, at: now)
            #expect((gate.state(of: 2) == .catchingUp) == isFarBehind, "\(step)")
            _ = gate.release(at: now)
        }
        #expect(late == 0 && gate.state(of: 2) == .active)
        #expect(gate.frontier == start + 20 * Self.second - lag * millisecond)
    }

    @Test func aNodeThatFallsSilentAgainStallsAgain() {
        var gate = Self.gate()
        let now = 10 * Self.second
        gate.update(node: 0, watermark: now, at: now)
        #expect(gate.release(at: now).events == [.stalled(1, since: 0), .stalled(2, since: 0)])
        gate.update(node: 2, watermark: 1, at: now)
        #expect(gate.release(at: now).events == [.recovered(2)])
        #expect(gate.release(at: 2 * now).events == [.stalled(0, since: now), .stalled(2, since: now)])
    }

    @Test func finishedAndLostNodesHoldNobodyBack() {
        var gate = Self.gate()
        gate.update(node: 0, watermark: 500, at: 1000)
        gate.finish(node: 1)
        gate.lose(node: 2)
        #expect(gate.release(at: 1000) == WatermarkGate.Release(frontier: 500, events: []))
        gate.finish(node: 0)
        #expect(gate.release(at: 1000).frontier == .max)
        #expect(gate.isLate(.max - 1))
    }

    @Test func aLostNodeMayComeBackAndAFinishedOneNot() {
        var gate = Self.gate()
        gate.update(node: 0, watermark: 500, at: 1000)
        gate.lose(node: 1)
        gate.finish(node: 2)
        gate.update(node: 2, watermark: 600, at: 1000)
        #expect(gate.state(of: 2) == .finished)
        #expect(gate.release(at: 1000).frontier == 500)
        gate.update(node: 1, watermark: 400, at: 3 * Self.second)
        #expect(gate.state(of: 1) == .catchingUp)
        #expect(gate.release(at: 1100).events == [.recovered(1)])
        gate.update(node: 1, watermark: 550, at: 1100)
        #expect(gate.state(of: 1) == .active)
        gate.lose(node: 2)
        #expect(gate.state(of: 2) == .finished)
    }

    @Test func withEveryNodeStalledWhatWasStatedGoesOut() {
        var gate = Self.gate()
        for node in 0..<3 { gate.update(node: node, watermark: Int64(node + 1) * 100, at: 1000) }
        #expect(gate.release(at: 1000).frontier == 100)
        #expect(gate.release(at: 1000 + 3 * Self.second).frontier == 300)
    }

    @Test func aWatermarkFromTheFutureCountsAsNow() {
        var gate = WatermarkGate()
        gate.add(node: 0, at: 0)
        gate.update(node: 0, watermark: .max, at: 1000)
        #expect(gate.release(at: 1000).frontier == 1000)
    }

    @Test func unknownNodesAndRemovedOnesCountForNothing() {
        var gate = WatermarkGate()
        #expect(gate.release(at: 5).frontier == .min)
        gate.update(node: 9, watermark: 3, at: 5)
        #expect(gate.state(of: 9) == nil)
        gate.add(node: 0, at: 0)
        gate.add(node: 1, at: 0)
        gate.update(node: 0, watermark: 3, at: 5)
        gate.remove(node: 1)
        #expect(gate.release(at: 5).frontier == 3)
    }

    @Test func nobodyIsSilentWhileNobodyCouldBeHeard() {
        var gate = WatermarkGate(stallLimit: .seconds(2))
        for node in 0..<2 { gate.add(node: node, at: 0) }
        for node in 0..<2 { gate.update(node: node, watermark: 1_000_000_000, at: 1_000_000_000) }
        // Half a minute without a connection.
        gate.resume(at: 31_000_000_000)
        gate.update(node: 0, watermark: 30_000_000_000, at: 31_500_000_000)
        let first = gate.release(at: 32_900_000_000)
        #expect(first.events.isEmpty && first.frontier == 1_000_000_000)
        let second = gate.release(at: 33_100_000_000)
        #expect(second.events == [.stalled(1, since: 31_000_000_000)] && second.frontier == 30_000_000_000)
    }

    @Test func extremeTimesDoNotTrap() {
        var gate = WatermarkGate(stallLimit: nil)
        gate.add(node: 0, at: .min)
        gate.update(node: 0, watermark: .min, at: .min)
        #expect(gate.release(at: .max).events == [.stalled(0, since: .min)])
        gate.update(node: 0, watermark: .max, at: .max)
        #expect(gate.release(at: .min).frontier == .max)
    }

    /// Nothing at or above the least watermark of an active node is ever let out, and the frontier only rises.
    @Test func theFrontierKeepsItsPromiseForAnyHistory() {
        for seed in 0..<300 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            var gate = WatermarkGate(stallLimit: .nanoseconds(1000))
            var now: Int64 = 0
            var stated: [Int: Int64] = [:]
            var last = Int64.min
            for node in 0..<5 { gate.add(node: node, at: 0) }
            for _ in 0..<300 {
                now += Int64.random(in: 0...200, using: &random)
                let node = Int.random(in: 0..<5, using: &random)
                if node != Int(now / 3000) % 5 {
                    let mark = now - Int64.random(in: 0...300, using: &random)
                    gate.update(node: node, watermark: mark, at: now)
                    stated[node] = max(stated[node] ?? .min, mark)
                }
                let frontier = gate.release(at: now).frontier
                #expect(frontier >= last)
                for node in 0..<5 where gate.state(of: node) == .active && frontier > last {
                    #expect(frontier <= stated[node] ?? .min)
                }
                last = frontier
            }
            #expect(last > now - 3000, "seed \(seed): output stopped at \(last), now \(now)")
        }
    }
}
