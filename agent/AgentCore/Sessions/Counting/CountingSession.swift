import NIOCore
import SystemFacts
import TraceProtocol
import Tracefs

/// One count on this node: what counts, when it began, and when it is read next. Confined to the control thread.
final class CountingSession {
    let session: UInt64
    let source: any CountSource
    let stream: SessionStream
    /// ns.
    let interval: Int64
    /// Puts a frame on the connection, if it takes it now.
    let send: @Sendable (Frame) -> Void
    /// Trace clock at which counting began and ended, ns.
    private(set) var started: Int64 = 0
    private(set) var stopped: Int64?
    /// The reading that is due next.
    var sampler: Scheduled<Void>?

    /// ns: where the order names none, so that of a node that is lost its last totals are known.
    private static let usualInterval: Int64 = 1_000_000_000

    init(
        _ session: UInt64, source: any CountSource, stream: SessionStream, intervalMilliseconds: UInt32,
        send: @escaping @Sendable (Frame) -> Void
    ) {
        self.session = session
        self.send = send
        self.source = source
        self.stream = stream
        interval = intervalMilliseconds == 0 ? Self.usualInterval : Int64(intervalMilliseconds) * 1_000_000
    }

    func start(at moment: Int64) throws -> WireStarted {
        guard stopped == nil else { throw WireRefusal(.wrongState, "the count was stopped before its start") }
        // Whatever takes time comes before the moment.
        try source.refresh()
        let change = try source.start(at: moment)
        started = change.after
        return change
    }

    func stop(at moment: Int64) throws -> WireStopping {
        sampler?.cancel()
        Moment.wait(for: moment)
        let change = try source.stop()
        stopped = change.after
        return change
    }

    /// Everything counted since the start.
    func totals(number: UInt64) throws -> WireCountTotals {
        var totals = WireCountTotals()
        totals.session = session
        totals.number = number
        let counted = try source.rows()
        totals.at = stopped ?? counted.asOf ?? Int64(MonotonicRawClock.now())
        totals.elapsedNs = started == 0 ? 0 : UInt64(max(0, totals.at - started))
        totals.rows = counted.rows
        totals.lost = counted.lost
        totals.unmatched = counted.unmatched
        return totals
    }

    /// The next reading: its number, and after how long it is due (ns). Readings that were missed are left out.
    func nextSample(after number: UInt64, now: Int64) -> (number: UInt64, delay: Int64) {
        let next = max(Int64(number) + 1, (now - started) / interval + 1)
        return (UInt64(next), max(0, started + next * interval - now))
    }
}
