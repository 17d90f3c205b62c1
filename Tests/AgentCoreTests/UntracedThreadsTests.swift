import Testing

@testable import AgentCore

@Suite struct UntracedThreadsTests {
    @Test func threadsThatHaveEndedStayListed() {
        var threads = UntracedThreads()
        #expect(threads.update(wanted: [1, 2], now: .after(.zero)) { _ in true } == [1, 2])
        for time in 1...10 {
            #expect(threads.update(wanted: [1, 3], now: .after(.seconds(time))) { $0 != 2 } == [1, 2, 3])
        }
    }

    @Test func aThreadThatIsAboutToEndCostsNoRewrite() {
        var threads = UntracedThreads()
        _ = threads.update(wanted: [1, 2], now: .after(.zero)) { _ in true }
        #expect(threads.update(wanted: [1], now: .after(.seconds(1))) { _ in true } == [1, 2])
        #expect(threads.update(wanted: [1], now: .after(.seconds(4))) { $0 == 1 } == [1, 2])
    }

    @Test func aThreadThatGoesOnWithoutUsIsTracedAgain() {
        var threads = UntracedThreads()
        _ = threads.update(wanted: [1, 2], now: .after(.zero)) { _ in true }
        #expect(threads.update(wanted: [1], now: .after(.seconds(1))) { _ in true } == [1, 2])
        #expect(threads.update(wanted: [1], now: .after(.seconds(2))) { _ in true } == [1, 2])
        #expect(threads.update(wanted: [1], now: .after(.seconds(3))) { _ in true } == [1])
    }

    @Test func aNumberThatAnotherTaskHasNowIsTakenOut() {
        var threads = UntracedThreads()
        _ = threads.update(wanted: [1, 2, 3], now: .after(.zero)) { _ in true }
        #expect(threads.update(wanted: [1], now: .after(.seconds(1))) { $0 == 1 } == [1, 2, 3])
        // One reason to write the list anew serves all that are to go.
        #expect(threads.update(wanted: [1], now: .after(.seconds(9))) { $0 != 3 } == [1])
    }

    @Test func aThreadThatIsWantedAgainIsNotLeaving() {
        var threads = UntracedThreads()
        _ = threads.update(wanted: [1, 2], now: .after(.zero)) { _ in true }
        _ = threads.update(wanted: [1], now: .after(.seconds(1))) { _ in true }
        _ = threads.update(wanted: [1, 2], now: .after(.seconds(2))) { _ in true }
        #expect(threads.update(wanted: [1], now: .after(.seconds(4))) { _ in true } == [1, 2])
    }

    @Test func theListIsBounded() {
        var threads = UntracedThreads()
        for step in 0..<100 as Range<Int32> {
            let listed = threads.update(wanted: Set(step * 1000..<step * 1000 + 1000), now: .after(.zero)) { _ in false
            }
            #expect(listed.count <= 6000)
        }
    }
}
