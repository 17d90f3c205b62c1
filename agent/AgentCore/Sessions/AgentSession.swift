import TraceProtocol

/// What the agent's event loop knows of one session.
struct AgentSession {
    var state = SessionState()
    let stream: SessionStream
    /// Whom the session belongs to, as the controller says.
    let `operator`: String
    /// It records, and so has watermarks to send and task names to look for.
    let isRecording: Bool
    let lease: SessionLease
    /// Waits until everything before it has been sent.
    var pendingWatermark: PendingWatermark?
    /// Why it ended, when no operator stopped it.
    var endReason = ""
    /// Frames of an agent that died, until the controller has said where to go on; nil for a session of this agent's own,
    /// and from then on.
    var inherited: UndeliveredFrames?
    /// An agent that died began it.
    var isSuccessor = false
    /// A successor of this agent can take it over.
    let isInheritable: Bool
    /// Its instance has been removed and only the stream is kept for the controller.
    var isFinished: Bool { state.phase == .finished }

    init(
        stream: SessionStream, operator: String, isRecording: Bool, lease: SessionLease = SessionLease(),
        isInheritable: Bool = false
    ) {
        self.isInheritable = isInheritable
        self.stream = stream
        self.operator = `operator`
        self.isRecording = isRecording
        self.lease = lease
    }

    /// For `Hello`.
    var held: WireHeldSession {
        var held = WireHeldSession()
        held.session = stream.session
        held.lastSequence = stream.lastSequence
        held.finished = isFinished
        held.successor = isSuccessor && inherited == nil
        if let inherited {
            held.takenOver = true
            held.lastSequence = inherited.last
            held.finished = inherited.hasFinish
        }
        return held
    }
}
