import EndingSignals
import Glibc
import Synchronization
import Threads
import UnixSignals

/// The signals that ask this command to end, from its beginning to its end.
///
/// They are watched by a thread of their own, so they work whatever else blocks: a write to somebody who does not read,
/// a controller that does not reply, the end of nodes. `SignalEscalation` decides what each means.
public final class Interrupts: Sendable {
    private struct State {
        var escalation: SignalEscalation
        /// Requests to end that have come.
        var requests = 0
        var onRequest: (@Sendable () -> Void)?
        var waiting: [Int: @Sendable () -> Void] = [:]
        var lastWaiting = 0
        var onResize: (@Sendable () -> Void)?
        var lastActs: [@Sendable () -> Void] = []
    }

    private let state: Mutex<State>
    private let pipe: SignalPipe
    private let exit: @Sendable () -> Void

    /// - Parameters:
    ///   - signals: that ask for the end.
    ///   - escalation: what each of them means.
    ///   - exit: ends the process at once.
    /// - Throws: `ThreadError`.
    public init(
        _ signals: [UnixSignal] = .ending, escalation: SignalEscalation = SignalEscalation(),
        exit: @escaping @Sendable () -> Void = { _exit(1) }
    ) throws(ThreadError) {
        state = Mutex(State(escalation: escalation))
        pipe = try SignalPipe(signals.map(\.rawValue) + [SIGWINCH])
        self.exit = exit
        try spawnThread(name: "signals") { [self] in run() }
    }

    /// Whether a signal has come.
    public var hasBegun: Bool { state.withLock { $0.escalation.hasBegun } }

    /// Calls `body` for each request to end, and at once for those that have come already. It replaces the one before.
    public func forward(to body: @escaping @Sendable () -> Void) {
        let missed = state.withLock { state in
            state.onRequest = body
            return state.requests
        }
        for _ in 0..<missed { body() }
    }

    /// Calls `body` whenever the terminal has another size.
    public func onResize(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.onResize = body }
    }

    /// What a command has to do even if it is ended at once. It must not wait for anything.
    public func atForcedEnd(_ act: @escaping @Sendable () -> Void) {
        state.withLock { $0.lastActs.append(act) }
    }

    // MARK: The thread

    private func run() {
        while true {
            guard let number = pipe.next(until: state.withLock { $0.escalation.deadline }) else {
                return end("error: interrupted a second time, and not over after a second")
            }
            if number == SIGWINCH {
                state.withLock { $0.onResize }?()
                continue
            }
            switch state.withLock({ $0.escalation.signal(at: .now) }) {
            case .ignore: break
            case .end, .hurry: request()
            case .exit: return end("error: interrupted a third time")
            }
        }
    }

    private func request() {
        let (body, waiting) = state.withLock { state in
            state.requests += 1
            defer { state.waiting = [:] }
            return (state.onRequest, state.waiting.values)
        }
        body?()
        for wake in waiting { wake() }
    }

    private func end(_ reason: String) {
        Self.say(reason + ": the rest of the session was not read, so there is no account of it\n")
        for act in state.withLock({ $0.lastActs }) { act() }
        exit()
    }

    /// Writes to stderr unless that would block.
    private static func say(_ line: String) {
        var file = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        guard poll(&file, 1, 0) == 1, file.revents == Int16(POLLOUT) else { return }
        _ = Array(line.utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    // MARK: Waiting

    /// Has `wake` called once, at the next request to end, or at once if one has come.
    ///
    /// - Returns: for `stopWaiting`.
    fileprivate func wait(_ wake: @escaping @Sendable () -> Void) -> Int {
        let (number, isLate) = state.withLock { state in
            state.lastWaiting += 1
            if !state.escalation.hasBegun { state.waiting[state.lastWaiting] = wake }
            return (state.lastWaiting, state.escalation.hasBegun)
        }
        if isLate { wake() }
        return number
    }

    fileprivate func stopWaiting(_ number: Int) {
        state.withLock { $0.waiting[number] = nil }
    }
}

/// A command was asked to end before what it waited for was there.
public struct Interrupted: Error, CustomStringConvertible {
    public init() {}
    public var description: String { "interrupted" }
}

extension Interrupts {
    /// Waits for an operation, but not longer than until a signal comes.
    ///
    /// - Throws: `Interrupted` when a signal has come. The operation then goes on by itself.
    public func race<Value: Sendable>(_ operation: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let (results, continuation) = AsyncStream<Result<Value, any Error>>.makeStream()
        let number = wait { continuation.yield(.failure(Interrupted())) }
        defer { stopWaiting(number) }
        Task {
            do {
                continuation.yield(.success(try await operation()))
            } catch {
                continuation.yield(.failure(error))
            }
        }
        for await result in results { return try result.get() }
        throw Interrupted()
    }
}
