import NIOCore
import SystemFacts

/// A thread for work in the kernel's control files, where a call may block for seconds. It runs work now or close to a
/// moment, and brings the result back to the agent's event loop.
struct ControlThread: Sendable {
    let loop: any EventLoop
    let agentLoop: any EventLoop
    let now: @Sendable () -> MonotonicRawInstant

    private static let longestLead = Duration.seconds(120)
    /// The thread turns to its work so long before the moment, and serves other sessions until then.
    private static let margin = Duration.milliseconds(5)

    /// - Parameters:
    ///   - loop: the event loop of the thread.
    ///   - agentLoop: where results are delivered.
    ///   - now: the time; tests give their own.
    init(
        loop: any EventLoop, agentLoop: any EventLoop,
        now: @escaping @Sendable () -> MonotonicRawInstant = { .now }
    ) {
        self.loop = loop
        self.agentLoop = agentLoop
        self.now = now
    }

    /// Runs work as soon as the thread is free.
    func run<T: Sendable>(_ work: @escaping @Sendable () throws -> T) -> EventLoopFuture<T> {
        loop.submit(work).hop(to: agentLoop)
    }

    /// Runs work shortly before a moment. The work itself waits for the rest of the time.
    func run<T: Sendable>(
        near moment: MonotonicRawInstant?, _ work: @escaping @Sendable () throws -> T
    ) -> EventLoopFuture<T> {
        let lead = moment.map { now().duration(to: $0) - Self.margin } ?? .zero
        return run(after: max(.zero, lead), work)
    }

    /// Runs work after some time.
    func run<T: Sendable>(
        after delay: Duration, _ work: @escaping @Sendable () throws -> T
    ) -> EventLoopFuture<T> {
        loop.scheduleTask(in: TimeAmount(delay), work).futureResult.hop(to: agentLoop)
    }

    /// Runs work after some time, for which nobody waits: its result does not go to the agent's event loop, which may have
    /// ended by then.
    func runLater(after delay: Duration, _ work: @escaping @Sendable () -> Void) {
        loop.scheduleTask(in: TimeAmount(delay), work)
    }

    /// Runs work after some time, with what is confined to this thread. Called on this thread.
    func schedule(after delay: Duration, _ work: @escaping () -> Void) -> Scheduled<Void> {
        loop.assumeIsolated().scheduleTask(in: TimeAmount(delay), work)
    }

    /// Whether a moment lies so far ahead that it must be wrong.
    func isTooFar(_ moment: MonotonicRawInstant) -> Bool {
        moment > now().advanced(by: Self.longestLead)
    }

    func succeeded() -> EventLoopFuture<Void> { agentLoop.makeSucceededVoidFuture() }

    /// A result that is known already.
    func finished<T: Sendable>(_ result: Result<T, any Error>) -> EventLoopFuture<T> {
        agentLoop.makeCompletedFuture(result)
    }

    /// A result that is known at once.
    func failed<T>(_ error: any Error, of: T.Type = T.self) -> EventLoopFuture<T> {
        agentLoop.makeFailedFuture(error)
    }
}
