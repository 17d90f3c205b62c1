import Glibc
import SystemFacts
import Testing

@testable import Timeline

@Suite("Times of day in reports")
struct EventWindowTests {
    /// In the zone of this machine.
    private static func time(ofDay moment: EpochInstant) -> Duration {
        var seconds = time_t(moment.seconds)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return .seconds(Int64(parts.tm_hour * 3600 + parts.tm_min * 60 + parts.tm_sec))
            + .nanoseconds(moment.nanoseconds % 1_000_000_000)
    }

    @Test(
        "Seconds as they are printed: of the trace clock where there is no time of day, after the first event elsewhere"
    )
    func seconds() {
        var filter = TimelineFilter()
        filter.since = .seconds(.seconds(90))
        let first: Int64 = 80_000_000_000
        for (offset, times, expected) in [
            (nil, TimeDisplay(), 90), (5, TimeDisplay(), 170), (nil, TimeDisplay(isRelative: true), 170),
        ] as [(Int64?, TimeDisplay, Int64)] {
            var window = EventWindow(filter, nodes: ["a"], epochOffset: offset, times)
            _ = window.admits(node: 0, cpu: 0, at: first)
            let at = expected * 1_000_000_000
            let (isIn, isBefore) = (window.admits(node: 0, cpu: 0, at: at), window.admits(node: 0, cpu: 0, at: at - 1))
            #expect(isIn && !isBefore)
        }
    }

    @Test(
        "The time of day that is closest to the first event is meant, across midnight too",
        arguments: [
            Duration.zero, .seconds(1), .milliseconds(1500), .seconds(3600), .seconds(11 * 3600),
            .seconds(-3600), .seconds(-11 * 3600),
        ])
    func closest(distance: Duration) {
        let origin = EpochInstant(nanoseconds: 1_795_800_000_000_000_000)
        let first: Int64 = 5_000_000_000
        let meant = origin.advanced(by: .nanoseconds(first) + distance)
        var filter = TimelineFilter()
        filter.since = .timeOfDay(Self.time(ofDay: meant))
        var window = EventWindow(filter, nodes: ["a"], epochOffset: origin.nanoseconds)
        let at = first + distance.wholeNanoseconds
        // The first event that is seen sets what is meant.
        _ = window.admits(node: 0, cpu: 0, at: first)
        let (isIn, isBefore) = (window.admits(node: 0, cpu: 0, at: at), window.admits(node: 0, cpu: 0, at: at - 1))
        #expect(isIn && !isBefore)
    }
}
