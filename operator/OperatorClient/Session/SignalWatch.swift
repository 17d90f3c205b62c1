import EndingSignals
import NIOConcurrencyHelpers
import UnixSignals

/// Calls a closure for every signal of some kinds. From then on those signals do not end the process.
public struct SignalWatch: Sendable {
    private let task: Task<Void, Never>
    private let hasFired = NIOLockedValueBox(false)

    /// - Parameter onSignal: called off this thread.
    public init(
        _ signals: [UnixSignal] = .ending, onSignal: @escaping @Sendable (UnixSignal) async -> Void
    ) async {
        let sequence = await UnixSignalsSequence(trapping: signals)
        task = Task { [hasFired] in
            for await signal in sequence {
                hasFired.withLockedValue { $0 = true }
                await onSignal(signal)
            }
        }
    }

    /// Whether a signal has come.
    public var sawSignal: Bool { hasFired.withLockedValue { $0 } }

    public func cancel() {
        task.cancel()
    }
}
