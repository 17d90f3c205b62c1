import Testing

@testable import TraceClock

struct MappedTimeTests {
    @Test(
        arguments: [
            (0, "0ns"), (999, "999ns"), (1000, "1.0us"), (1201, "1.3us"), (999_900, "999.9us"), (1_000_000, "1.0ms"),
            (12_340_001, "12.4ms"), (1_000_000_000, "1.0s"), (86_400_000_000_000, "86400.0s"),
        ] as [(Int64, String)])
    func durationsAreRoundedUp(ns: Int64, text: String) {
        #expect(MappedTime.shortDuration(ns) == text)
    }

    @Test func plusMinusCoversTheFartherSide() {
        let time = MappedTime(estimate: 100, bound: ClockBound(lower: 90, upper: 130), quality: .bounded)
        #expect(time.plusMinus == 30 && time.bound.width == 40 && time.bound.halfWidth == 20)
        #expect(time.boundDescription == "±30ns")
        let gap = MappedTime(estimate: 100, bound: ClockBound(lower: 90, upper: 130), quality: .degraded)
        #expect(gap.boundDescription == "±30ns?")
        #expect(ClockBound(lower: 0, upper: 3).halfWidth == 2)
    }

    @Test func eventsWhoseBoundsTouchAreConcurrent() {
        let early = ClockBound(lower: 0, upper: 10)
        #expect(early.overlaps(ClockBound(lower: 10, upper: 20)))
        #expect(!early.overlaps(ClockBound(lower: 11, upper: 20)))
        #expect(early.overlaps(.unbounded))
        #expect(ClockBound.unbounded.width == nil)
    }
}
