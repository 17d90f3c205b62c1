import SystemFacts
import Testing

@testable import AgentCore

/// What many sessions share of the agent's time.
@Suite struct SessionTurnTests {
    private static let start = MonotonicRawInstant(nanoseconds: 7_000_000_000_000)

    @Test func fewSessionsReportInEveryTurn() {
        var turn = WatermarkTurn()
        for _ in 0..<3 { #expect(Set(turn.next([5, 1, 9])) == [1, 5, 9]) }
    }

    @Test func manySessionsReportAllAtOnceInFewerTurns() {
        var turn = WatermarkTurn()
        let sessions = Array(1...60) as [UInt64]
        let reports = (1...60).map { _ in turn.next(sessions).count }
        #expect(reports.enumerated().filter { $0.element > 0 }.map(\.offset) == [19, 39, 59])
        #expect(reports.allSatisfy { $0 == 0 || $0 == 60 })
    }

    @Test func aTurnThatTakesTooLongIsContinuedByTheNext() {
        var refresh = ThreadRefresh()
        var now = Self.start
        var served: [UInt64] = []
        for _ in 0..<4 {
            for id in refresh.begin([1, 2, 3, 4, 5] as [UInt64], at: now) {
                served.append(id)
                now = now.advanced(by: .milliseconds(60))
                guard refresh.served(id, at: now) else { break }
            }
            now = now.advanced(by: .seconds(1))
        }
        #expect(served == [1, 2, 3, 4, 5, 1, 2, 3])
    }

    @Test func aBurstOfChangesWaitsForTheNextTurn() {
        var refresh = ThreadRefresh()
        #expect(refresh.isDue(at: Self.start))
        _ = refresh.begin([], at: Self.start)
        #expect(!refresh.isDue(at: Self.start.advanced(by: .milliseconds(900))))
        #expect(refresh.isDue(at: Self.start.advanced(by: .seconds(1))))
    }
}
