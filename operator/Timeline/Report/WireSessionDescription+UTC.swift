import SystemFacts
import TraceClock
import TraceProtocol

extension WireSessionDescription {
    /// How far the session's times of day may be from UTC, ns: how far its controller's clock was when it was created,
    /// and what CLOCK_MONOTONIC_RAW may have gained on UTC until it ended. Nil when that is not known.
    var greatestUTCError: Int64? {
        guard !utcUnknown, utcErrorNs > 0, ended >= created, let error = Int64(exactly: utcErrorNs) else { return nil }
        let (length, overflow) = ended.subtractingReportingOverflow(created)
        guard !overflow, error < Self.mostError else { return nil }
        return error + RateRange.standard.greatestElapsed(over: length) - length
    }

    /// More than a century says nothing.
    private static let mostError: Int64 = 1 << 61
}
