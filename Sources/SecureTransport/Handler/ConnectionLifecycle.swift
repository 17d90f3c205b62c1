import NIOCore

/// The state of a connection, which decides what the end of a direction means. It is a plain value: the handler
/// executes the actions that its methods return.
struct ConnectionLifecycle {
    enum Phase: Hashable {
        /// The channel is not active yet.
        case idle
        case handshaking
        /// Data flows in the directions that have not ended.
        case open
        /// This side has ended its output and waits for the peer's end.
        case ending
        /// A check has failed. The alert is being sent, and input is discarded.
        case failed
        case closed
    }

    private(set) var phase = Phase.idle
    /// The peer's close_notify was received, or its stream has ended while this side was ending too.
    private(set) var inputEnded = false
    /// This side's close_notify has been written or will be.
    private(set) var outputEnded = false

    /// Whether decrypted data is passed to the application.
    var deliversData: Bool { phase == .open && !inputEnded }
    /// Whether the application may write.
    var acceptsWrites: Bool {
        switch phase {
        case .idle, .handshaking, .open: !outputEnded
        case .ending, .failed, .closed: false
        }
    }
    /// Whether the handler reads from the channel by itself, even if the application does not.
    var readsOnItsOwn: Bool { phase == .handshaking || phase == .ending || phase == .failed }

    /// The channel is active. Returns false if the handshake has started already.
    mutating func begin() -> Bool {
        guard phase == .idle else { return false }
        phase = .handshaking
        return true
    }

    mutating func handshakeDone() { if phase == .handshaking { phase = .open } }

    enum CloseAction: Equatable {
        /// Close the channel now.
        case closeChannel
        /// Pass the request on unchanged.
        case passOn
        /// Send pending data and close_notify. With `all` the whole connection ends.
        case endOutput(all: Bool)
        /// The connection is already ending. The promise completes with it.
        case wait
        /// Not possible in this state.
        case refuse(ChannelError)
    }

    /// The application closes the connection.
    mutating func closeRequested(_ mode: CloseMode) -> CloseAction {
        switch (phase, mode) {
        case (.closed, _): return .passOn
        case (.idle, .all), (.handshaking, .all):
            phase = .closed
            return .closeChannel
        case (.idle, _), (.handshaking, _): return .refuse(.operationUnsupported)
        case (.open, .input):
            inputEnded = true
            return .passOn
        case (.open, .output):
            guard !outputEnded else { return .refuse(.outputClosed) }
            outputEnded = true
            if inputEnded { phase = .ending }
            return .endOutput(all: inputEnded)
        case (.open, .all):
            phase = .ending
            defer { outputEnded = true }
            return outputEnded ? .wait : .endOutput(all: true)
        case (.ending, _), (.failed, _): return .wait
        }
    }

    enum PeerEndAction: Hashable {
        /// Tell the application, which may still write.
        case reportHalfClosure
        /// End this side too: send pending data and close_notify.
        case endOutput
        /// Both sides have ended. Close when the output is flushed.
        case closeWhenFlushed
        case nothing
    }

    /// The peer's close_notify was received.
    mutating func peerEnded(halfClosureAllowed: Bool) -> PeerEndAction {
        guard !inputEnded else { return .nothing }
        switch phase {
        case .open:
            inputEnded = true
            if outputEnded {
                phase = .ending
                return .closeWhenFlushed
            }
            if halfClosureAllowed { return .reportHalfClosure }
            phase = .ending
            outputEnded = true
            return .endOutput
        case .ending:
            inputEnded = true
            return .closeWhenFlushed
        case .idle, .handshaking, .failed, .closed: return .nothing
        }
    }

    enum StreamEndAction: Hashable {
        /// Expected, because close_notify was received before or this side was ending.
        case expected
        /// A failure to report.
        case failure(SecureTransportError.Check)
    }

    /// The channel's input has ended (FIN, reset or close).
    mutating func streamEnded() -> StreamEndAction {
        switch phase {
        case .handshaking: return .failure(.endedInHandshake)
        case .open where !inputEnded: return .failure(.truncated)
        case .idle, .open, .ending, .failed, .closed:
            inputEnded = true
            return .expected
        }
    }

    /// A check has failed. Returns false if that is known already or no longer matters.
    mutating func fail() -> Bool {
        switch phase {
        case .idle, .handshaking, .open:
            phase = .failed
            outputEnded = true
            return true
        case .ending, .failed, .closed: return false
        }
    }

    mutating func closed() { phase = .closed }
}
