import SystemFacts
import TraceProtocol

/// What a session on this node is doing, and what each command means in that state. No I/O, no time.
///
///     preparing -> ready -> recording -> draining -> finished -> (gone)
///
/// Discarding is possible from every state, and ends in `gone`.
public struct SessionState: Sendable, Equatable {
    public enum Phase: String, Sendable, Equatable {
        case preparing, ready, starting, recording, draining, finished, discarding
    }

    /// What the agent has to do.
    public enum Action: Equatable, Sendable {
        /// nil is at once.
        case start(at: MonotonicRawInstant?)
        /// Stop recording, read what is left, then report the totals.
        case stopAndDrain
        /// Remove everything at once, without draining.
        case tearDown
        /// The instance is removed already; only what was kept for the controller is dropped.
        case forget
        /// Nothing to do now: the same is under way.
        case none
    }

    public private(set) var phase: Phase = .preparing

    public init() {}

    /// Of a session that was taken over.
    init(takenOver phase: Phase) { self.phase = phase }

    /// A failed `Prepare` ends the session at once.
    public mutating func prepared() -> Action {
        if phase == .discarding { return .tearDown }
        phase = .ready
        return .none
    }

    public mutating func start(at: MonotonicRawInstant?) throws(WireRefusal) -> Action {
        guard phase == .ready else { throw refusal("start") }
        phase = .starting
        return .start(at: at)
    }

    public mutating func started() -> Action {
        if phase == .starting { phase = .recording }
        return .none
    }

    /// A requested stop, or the lease that ran out.
    public mutating func stop() throws(WireRefusal) -> Action {
        switch phase {
        case .ready, .starting, .recording:
            phase = .draining
            return .stopAndDrain
        case .draining, .finished: return .none
        case .preparing, .discarding: throw refusal("stop")
        }
    }

    public mutating func drained() -> Action {
        if phase == .draining { phase = .finished }
        return .none
    }

    public mutating func discard() -> Action {
        switch phase {
        // The instance is being made on another thread; `prepared` removes it.
        case .preparing: phase = .discarding; return .none
        case .discarding: return .none
        case .finished: phase = .discarding; return .forget
        case .ready, .starting, .recording, .draining: phase = .discarding; return .tearDown
        }
    }

    /// Whether events may still come out of the kernel for it.
    public var isLive: Bool {
        switch phase {
        case .preparing, .ready, .starting, .recording: true
        case .draining, .finished, .discarding: false
        }
    }

    private func refusal(_ verb: String) -> WireRefusal {
        WireRefusal(.wrongState, "cannot \(verb) a session that is \(phase.rawValue)")
    }
}
