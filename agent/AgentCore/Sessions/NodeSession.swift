import SystemFacts
import TraceProtocol

/// One session in this node's kernel, whether it records or counts.
///
/// Made on one of several threads, then confined to the control thread until `detach`, and removed on any thread. Every
/// call may block for as long as the kernel does.
protocol NodeSession: AnyObject {
    /// What was prepared, for the reply to `Prepare`.
    func prepared() throws -> WirePrepared

    /// Starts at a moment of the trace clock, or at once for nil or when it has passed.
    ///
    /// - Throws: also when the session has been stopped before.
    func start(at moment: MonotonicRawInstant?) throws -> WireStarted

    /// Stops at a moment of the trace clock, or at once for nil or when it has passed. Once everything has been read or
    /// counted, `SessionDelivery.onDrained` is called.
    func stop(at moment: MonotonicRawInstant?) throws -> WireStopping

    /// Appends the totals to the session's stream, once everything is drained.
    ///
    /// - Parameters:
    ///   - reason: why the session ended, when no operator stopped it; empty otherwise.
    ///   - note: is called with them before.
    func finish(reason: String, note: (WireFinish) -> Void) throws

    /// Brings the list of threads that the session leaves out up to date.
    ///
    /// - Parameter wanted: the threads to leave out.
    /// - Returns: whether the kernel's list had to be changed, which takes tens of milliseconds.
    func refreshThreads(_ wanted: Set<Int32>) throws -> Bool

    /// Up to when everything is in the session's stream; nil while that is not known, and for counts.
    ///
    /// The names of new tasks are appended to the stream on the way, after the times were read: so a task's name
    /// arrives before the watermark behind its events.
    func watermark() -> PendingWatermark?

    /// What has been recorded so far; nil for counts.
    func state() -> WireSessionState?

    /// When it was off although it should have been on, as far as that was seen.
    var gaps: [WireRecordingGap] { get }

    // MARK: Agents that follow each other

    /// What a successor of this agent has to know to take the session over; nil for one that ends with its agent.
    var inheritable: WirePreparedRecording? { get }

    /// Begins to read what an agent that died has left, and states what was lost with it.
    func resume(_ resumption: Resumption) throws

    /// Reads nothing more. What has been read is in the stream when this returns.
    func stopReading()

    /// Leaves everything in the kernel as it is, for a successor. The last call.
    func leave()

    /// Nothing happens by itself from now on. The last call on the control thread.
    func detach()

    /// Removes everything from the kernel. May be called again.
    ///
    /// - Parameter inBackground: what takes long may go on after this returns.
    func remove(inBackground: Bool) throws
}

/// A session that ends with its agent.
extension NodeSession {
    var gaps: [WireRecordingGap] { [] }
    var inheritable: WirePreparedRecording? { nil }
    func resume(_ resumption: Resumption) throws {}
    func stopReading() {}
    func leave() {}
}
