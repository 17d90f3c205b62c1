import SystemFacts
import Testing

@testable import ControllerCore

@Suite struct StartMomentTests {
    private static func at(_ milliseconds: Int64) -> MonotonicRawInstant {
        MonotonicRawInstant(nanoseconds: milliseconds * 1_000_000)
    }

    @Test("As far ahead as the slowest node needs, or as was asked for")
    func set() {
        var soon = StartMoment(delay: .zero)
        #expect(soon.set(now: Self.at(1000), roundTrips: [.milliseconds(3), .milliseconds(20)]) == Self.at(1070))
        var later = StartMoment(delay: .seconds(1))
        #expect(later.set(now: Self.at(1000), roundTrips: [.milliseconds(20)]) == Self.at(2000))
        var slow = StartMoment(delay: .zero)
        #expect(slow.set(now: Self.at(1000), roundTrips: [.seconds(30)]) == Self.at(3050))
    }

    @Test("A moment that nobody can keep any more is put off, by no more than is needed")
    func postponed() {
        var moment = StartMoment(delay: .zero)
        _ = moment.set(now: Self.at(1000), roundTrips: [.milliseconds(20)])
        let isInTime = moment.postpone(now: Self.at(1010), roundTrips: [.milliseconds(20)])
        #expect(!isInTime && moment.at == Self.at(1070))
        let isPutOff = moment.postpone(now: Self.at(1900), roundTrips: [.milliseconds(20)])
        #expect(isPutOff && moment.at == Self.at(1970))
        var later = StartMoment(delay: .seconds(60))
        _ = later.set(now: Self.at(1000), roundTrips: [])
        let isLate = later.postpone(now: Self.at(3000), roundTrips: [])
        #expect(!isLate, "the note took 2 s of 60")
    }
}
