import TraceProtocol

/// What the agent's event loop knows of one session.
struct AgentSession {
    var state = SessionState()
    let stream: SessionStream
    /// For whom, as the controller says.
    let `operator`: String
    /// What carries out its commands.
    let kernel: any SessionKernel
    /// It counts, and so has no pages, watermarks or names to look after.
    let isCount: Bool
    /// The watermark that waits until everything before it has been sent, and the number of the frame it
    /// stands behind.
    var pendingMark: (mark: Watermark, after: UInt64)?
    /// Why it ended, when nobody ordered it.
    var endReason = ""
    /// Its instance is gone and only the stream is kept for the controller.
    var isFinished: Bool { state.phase == .finished }

    init(stream: SessionStream, operator: String, kernel: any SessionKernel, isCount: Bool) {
        self.stream = stream
        self.operator = `operator`
        self.kernel = kernel
        self.isCount = isCount
    }

    var held: WireHeldSession {
        var held = WireHeldSession()
        held.session = stream.session
        held.lastSequence = stream.lastSequence
        held.finished = isFinished
        return held
    }
}
