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

    @Test func manySessionsReportInTurnAndNoneIsForgotten() {
        var turn = WatermarkTurn()
        let sessions = Array(1...60) as [UInt64]
        var reports: [UInt64: Int] = [:]
        for _ in 0..<40 {
            let chosen = turn.next(sessions)
            #expect(chosen.count == WatermarkTurn.share)
            for session in chosen { reports[session, default: 0] += 1 }
        }
        #expect(reports.count == 60 && reports.values.allSatisfy { $0 == 2 })
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
