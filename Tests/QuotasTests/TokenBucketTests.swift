import Quotas
import SystemFacts
import Testing

@Suite struct TokenBucketTests {
    private static let begin = MonotonicRawInstant(nanoseconds: 1_000_000_000_000)

    /// What a bucket says to so much at each of these times, ms.
    private func spends(_ rate: Rate, _ steps: [(at: Int, amount: Int)], shares: Int = 1) -> [Bool] {
        var bucket = TokenBucket(rate)
        return steps.map { step in
            bucket.spend(step.amount, shares: shares, now: Self.begin.advanced(by: .milliseconds(step.at)))
        }
    }

    @Test func burstThenRate() {
        let rate = Rate(perSecond: 10, burst: 3)
        #expect(
            spends(rate, [(0, 1), (0, 1), (0, 1), (0, 1), (99, 1), (100, 1), (199, 1)])
                == [true, true, true, false, false, true, false])
    }

    @Test func aRefusedAmountIsNotSpent() {
        #expect(spends(Rate(perSecond: 1000, burst: 1000), [(0, 1001), (0, 1000)]) == [false, true])
    }

    @Test func neverMoreThanTheBurst() {
        #expect(
            spends(Rate(perSecond: 10, burst: 3), [(0, 3), (3_600_000, 3), (3_600_000, 1)]) == [true, true, false])
    }

    @Test func sharesAreSoManyRates() {
        let steps = Array(repeating: (at: 0, amount: 1), count: 7)
        #expect(spends(Rate(perSecond: 10, burst: 3), steps, shares: 2).count { $0 } == 6)
    }

    @Test func aDebtIsWaitedFor() {
        var bucket = TokenBucket(Rate(perSecond: 10, burst: 5))
        #expect(bucket.wait(now: Self.begin) == .zero)
        bucket.overdraw(15, now: Self.begin)
        #expect(bucket.wait(now: Self.begin) == .milliseconds(1100))
        let later = Self.begin.advanced(by: .milliseconds(1100))
        #expect(bucket.wait(now: later) == .zero)
        let isSpent = bucket.spend(now: later)
        #expect(isSpent)
    }
}
