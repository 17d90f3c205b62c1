/// How a command gets another connection when its own breaks.
public struct Redialing: Sendable {
    /// Opens a connection that fills this queue.
    let dial: @Sendable (LogQueue) async throws -> any ControllerConnection
    let pause: @Sendable (Duration) async throws -> Void
    let now: @Sendable () -> SuspendingClock.Instant

    /// - Parameters:
    ///   - pause: waits, and throws when it is cancelled.
    ///   - now: a machine that sleeps does not lose patience meanwhile.
    public init(
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        now: @escaping @Sendable () -> SuspendingClock.Instant = { SuspendingClock.now },
        dial: @escaping @Sendable (LogQueue) async throws -> any ControllerConnection
    ) {
        self.dial = dial
        self.pause = pause
        self.now = now
    }
}
