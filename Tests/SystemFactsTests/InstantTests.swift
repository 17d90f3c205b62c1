import Glibc
import SystemFacts
import Testing

@Suite struct InstantTests {
    @Test func addsAndMeasures() {
        let start = MonotonicRawInstant(nanoseconds: 5)
        let end = start.advanced(by: .milliseconds(2))
        #expect(end.nanoseconds == 2_000_005 && start < end)
        #expect(start.duration(to: end) == .milliseconds(2))
        #expect(end.duration(to: start) == .milliseconds(-2))
    }

    @Test func durationsBeyondTheRangeAreCut() {
        #expect(Duration.seconds(-3).wholeNanoseconds == -3_000_000_000)
        #expect(Duration.nanoseconds(Int64.max).wholeNanoseconds == .max)
        #expect(Duration.nanoseconds(Int64.min).wholeNanoseconds == .min)
        #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeNanoseconds == .min)
    }
}

@Suite struct EpochInstantTests {
    @Test func addsAndMeasures() {
        let start = EpochInstant(nanoseconds: 1_999_999_999)
        let end = start.advanced(by: .milliseconds(-2))
        #expect(end.nanoseconds == 1_997_999_999 && end < start)
        #expect(end.duration(to: start) == .milliseconds(2))
        #expect(start.seconds == 1)
    }

    @Test("It is the C library's time of day, which may be late by a tick")
    func now() {
        let earlier = time(nil)
        let now = EpochInstant.now
        #expect(earlier <= now.seconds && now.seconds <= time(nil) + 1)
    }
}
