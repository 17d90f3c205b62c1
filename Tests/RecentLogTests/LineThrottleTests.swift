import SystemFacts
import Testing

@testable import RecentLog

@Suite struct LineThrottleTests {
    private func at(_ milliseconds: Int64) -> MonotonicRawInstant {
        MonotonicRawInstant(nanoseconds: milliseconds * 1_000_000)
    }

    @Test func oneLineASecondOfAKindAndTheRestIsCounted() {
        var throttle = LineThrottle<String>(limit: 8)
        let admitted = (0..<1000).map { throttle.admits("a", now: at($0)) }
        #expect(admitted.count { $0 } == 1 && admitted[0])
        let other = throttle.admits("b", now: at(500))
        #expect(other)
        let early = throttle.expire(now: at(999))
        #expect(early.isEmpty)
        let rest = throttle.expire(now: at(1000))
        #expect(rest.kinds.map(\.kind) == ["a"] && rest.kinds.map(\.count) == [999] && rest.others == 0)
        let again = throttle.admits("a", now: at(1001))
        #expect(again)
    }

    @Test func aLateExpiryLosesNoCount() {
        var throttle = LineThrottle<String>(limit: 8)
        let admitted = [0, 10, 5000].map { throttle.admits("a", now: at($0)) }
        #expect(admitted == [true, false, false])
        let rest = throttle.expire(now: at(5000))
        #expect(rest.kinds.map(\.count) == [2])
    }

    @Test func kindsAreLimited() {
        var throttle = LineThrottle<Int>(limit: 4)
        let admitted = (0..<10).map { throttle.admits($0, now: at(0)) }
        #expect(admitted.count { $0 } == 4)
        let rest = throttle.expire(now: at(1000))
        #expect(rest.kinds.isEmpty && rest.others == 6)
        let next = throttle.expire(now: at(2000))
        #expect(next.isEmpty)
    }
}
