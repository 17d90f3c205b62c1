import Testing

@testable import AgentCore

@Suite struct UntracedThreadsTests {
    static let second: UInt64 = 1_000_000_000

    @Test func threadsThatHaveEndedStayListed() {
        var threads = UntracedThreads()
        #expect(threads.update(wanted: [1, 2], now: 0) { _ in true } == [1, 2])
        for time in 1...10 as ClosedRange<UInt64> {
            #expect(threads.update(wanted: [1, 3], now: time * Self.second) { $0 != 2 } == [1, 2, 3])
        }
    }

    @Test func aThreadThatIsAboutToEndCostsNoRewrite() {
        var threads = UntracedThreads()
        _ = threads.update(wanted: [1, 2], now: 0) { _ in true }
        #expect(threads.update(wanted: [1], now: Self.second) { _ in true } == [1, 2])
        #expect(threads.update(wanted: [1], now: 4 * Self.second) { $0 == 1 } == [1, 2])
    }

    @Test func aThreadThatGoesOnWithoutUsIsTracedAgain() {
        var threads = UntracedThreads()
        _ = threads.update(wanted: [1, 2], now: 0) { _ in true }
        #expect(threads.update(wanted: [1], now: Self.second) { _ in true } == [1, 2])
        #expect(threads.update(wanted: [1], now: 2 * Self.second) { _ in true } == [1, 2])
        #expect(threads.update(wanted: [1], now: 3 * Self.second) { _ in true } == [1])
    }

    @Test func aNumberThatAnotherTaskHasNowIsTakenOut() {
        var threads = UntracedThreads()
        _ = threads.update(wanted: [1, 2, 3], now: 0) { _ in true }
        #expect(threads.update(wanted: [1], now: Self.second) { $0 == 1 } == [1, 2, 3])
        // One reason to write the list anew serves all that are to go.
        #expect(threads.update(wanted: [1], now: 9 * Self.second) { $0 != 3 } == [1])
    }

    @Test func aThreadThatIsWantedAgainIsNotLeaving() {
        var threads = UntracedThreads()
        _ = threads.update(wanted: [1, 2], now: 0) { _ in true }
        _ = threads.update(wanted: [1], now: Self.second) { _ in true }
        _ = threads.update(wanted: [1, 2], now: 2 * Self.second) { _ in true }
        #expect(threads.update(wanted: [1], now: 4 * Self.second) { _ in true } == [1, 2])
    }

    @Test func theListIsBounded() {
        var threads = UntracedThreads()
        for step in 0..<100 as Range<Int32> {
            let listed = threads.update(wanted: Set(step * 1000..<step * 1000 + 1000), now: 0) { _ in false }
            #expect(listed.count <= 6000)
        }
    }
}
