import NIOConcurrencyHelpers

@testable import OperatorClient

/// Attempts to open another connection, on a clock that a pause moves. Behind the last one of the script all fail.
final class ScriptedDialing: Sendable {
    enum Attempt: Sendable {
        case fails(any Error)
        /// A controller whose connection fills the session's queue.
        case connects(@Sendable (LogQueue) -> ScriptedController)
    }

    private struct State {
        var attempts: [Attempt]
        var now = SuspendingClock.now
        var pauses: [Duration] = []
        var controllers: [ScriptedController] = []
    }

    private let state: NIOLockedValueBox<State>

    init(_ attempts: Attempt...) {
        state = NIOLockedValueBox(State(attempts: attempts))
    }

    /// How long was waited before each attempt.
    var pauses: [Duration] { state.withLockedValue { $0.pauses } }
    /// Those that were reached.
    var controllers: [ScriptedController] { state.withLockedValue { $0.controllers } }

    var redialing: Redialing {
        Redialing(
            pause: { [self] pause in
                try Task.checkCancellation()
                state.withLockedValue { state in
                    state.now += pause
                    state.pauses.append(pause)
                }
            }, now: { [self] in state.withLockedValue { $0.now } }, dial: { [self] in try dial($0) })
    }

    private func dial(_ queue: LogQueue) throws -> any ControllerConnection {
        let attempt = state.withLockedValue { $0.attempts.isEmpty ? nil : $0.attempts.removeFirst() }
        switch attempt {
        case .connects(let make):
            let controller = make(queue)
            state.withLockedValue { $0.controllers.append(controller) }
            return controller
        case .fails(let error): throw error
        case nil: throw ClientError.unreachable(address: "c:1", reason: "nothing listens there", isFinal: false)
        }
    }
}
