import SystemFacts
import Testing

@testable import AgentCore

@Suite struct SamplingScheduleTests {
    private let schedule = SamplingSchedule(started: .after(.seconds(10)), interval: .milliseconds(100))

    @Test func readingsLieAtWholeIntervalsAfterTheStart() {
        let first = schedule.next(after: 0, now: .after(.seconds(10)))
        #expect(first.number == 1 && first.delay == .milliseconds(100))
        let second = schedule.next(after: 1, now: .after(.milliseconds(10_103)))
        #expect(second.number == 2 && second.delay == .milliseconds(97))
    }

    @Test func aReadingThatWasMissedIsLeftOut() {
        let next = schedule.next(after: 1, now: .after(.milliseconds(10_420)))
        #expect(next.number == 5 && next.delay == .milliseconds(80))
    }

    @Test func aReadingThatCameEarlyIsNotMadeTwice() {
        let next = schedule.next(after: 2, now: .after(.milliseconds(10_199)))
        #expect(next.number == 3 && next.delay == .milliseconds(101))
    }
}
