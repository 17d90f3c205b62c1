import NIOCore
import SystemFacts
import TraceProtocol
import Tracefs

/// What carries out a session's commands in this node's kernel, whether it records or counts.
///
/// Called on the agent's event loop; results come back on it.
protocol SessionKernel: Sendable {
    /// Starts at a moment of the trace clock (ns), or at once when it has passed.
    func start(_ session: UInt64, at moment: Int64) -> EventLoopFuture<WireStarted>
    /// Stops at a moment of the trace clock (ns), or at once when it has passed.
    func stop(_ session: UInt64, at moment: Int64) -> EventLoopFuture<WireStopping>
    /// Ends a session of which everything has been read: its totals go into its stream.
    func finish(_ session: UInt64, reason: String) -> EventLoopFuture<Void>
    /// Removes everything at once.
    func remove(_ session: UInt64) -> EventLoopFuture<Void>
}

/// When a command that names a moment is to be carried out.
enum Moment {
    /// ns.
    private static let longestLead: Int64 = 120_000_000_000
    /// How long before it the control thread is ready and waits; ns.
    private static let margin: Int64 = 5_000_000

    /// After how long the control thread has to turn to it. The thread serves others until then; only the last moment is
    /// waited for on it.
    static func delay(until moment: Int64, now: UInt64) -> TimeAmount {
        .nanoseconds(max(0, moment - Int64(now) - margin))
    }

    /// Waits on this thread until it has come; 0 is at once.
    ///
    /// - Returns: whether it had passed already.
    @discardableResult
    static func wait(for moment: Int64) -> Bool {
        guard moment > 0 else { return false }
        let missed = MonotonicRawClock.now() > UInt64(moment)
        _ = MonotonicRawClock.wait(until: UInt64(moment))
        return missed
    }

    /// Whether it lies so far ahead that it must be a mistake.
    static func isTooFar(_ moment: Int64, now: UInt64) -> Bool { moment > Int64(now) + longestLead }
}
