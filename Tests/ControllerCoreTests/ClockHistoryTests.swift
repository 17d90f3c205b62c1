import SystemFacts
import Testing
import TraceClock
import TraceProtocol

@testable import ControllerCore

struct ClockHistoryTests {
    private static let second: Int64 = 1_000_000_000

    @Test("A sample every 10 s, with the smallest round trip since the one before; the oldest goes first")
    func points() {
        var history = ClockHistory()
        for moment in 0..<3000 {
            history.observed(
                .accepted, roundTrip: .nanoseconds(1000 + Int64(moment)),
                at: EpochInstant(nanoseconds: Int64(moment) * Self.second))
            history.sample(
                bound: moment == 0 ? nil : .nanoseconds(500), driftPartsPerMillion: -1.5,
                at: EpochInstant(nanoseconds: Int64(moment) * Self.second))
        }
        let message = history.message
        #expect(message.points.count == ClockHistory.capacity)
        #expect(message.points.last?.at == 2990 * Self.second)
        #expect(zip(message.points, message.points.dropFirst()).allSatisfy { $1.at - $0.at == 10 * Self.second })
        #expect(message.points.last?.roundTripNs == 3981)
        #expect(message.points.last?.driftPpb == -1500 && message.points.last?.boundNs == 500)
        #expect(message.acceptedProbes == 3000 && message.rejectedProbes == 0 && message.breaks.isEmpty)
    }

    @Test("Breaks and reboots are kept, so many of them")
    func breaks() throws {
        var history = ClockHistory()
        history.rebooted(at: EpochInstant(nanoseconds: 7))
        var clock = LiveClock()
        _ = clock.observe(ClockProbe(t1: 0, t2: 7200 * Self.second, t3: 7200 * Self.second + 1, t4: 30))
        // An hour back on the node's clock.
        let found = clock.observe(
            ClockProbe(t1: 1000, t2: 3600 * Self.second, t3: 3600 * Self.second + 1, t4: 1100))
        guard case .epochBreak = found else { throw Missing(found: "\(found)") }
        history.observed(found, roundTrip: .nanoseconds(99), at: EpochInstant(nanoseconds: 8))
        #expect(history.message.breaks.map(\.at) == [7, 8])
        #expect(history.message.breaks[0].reason == "the node was rebooted")
        for moment in 0..<1000 { history.rebooted(at: EpochInstant(nanoseconds: Int64(moment))) }
        #expect(history.message.breaks.count == ClockHistory.breakCapacity && history.message.breaks.last?.at == 999)
    }

    private struct Missing: Error { var found: String }
}
