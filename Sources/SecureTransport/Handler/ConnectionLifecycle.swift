import NIOCore

/// Where a connection stands, and what the end of one or the other direction means there. Plain state: the handler
/// carries out what the methods return.
struct ConnectionLifecycle {
    enum Phase: Hashable {
        /// The channel is not active yet.
        case idle
        case handshaking
        /// Data flows, in the directions that have not ended.
        case open
        /// This side has ended its output and waits for the peer's end.
        case ending
        /// A check has failed; the alert is on its way, what still comes is thrown away.
        case failed
        case closed
    }

    private(set) var phase = Phase.idle
    /// The peer's close_notify has come, or its stream has ended while this side was ending too.
    private(set) var inputEnded = false
    /// This side's close_notify is written or about to be.
    private(set) var outputEnded = false

    /// Whether decrypted data goes on to the application.
    var deliversData: Bool { phase == .open && !inputEnded }
    /// Whether the application may write.
    var acceptsWrites: Bool {
        switch phase {
        case .idle, .handshaking, .open: !outputEnded
        case .ending, .failed, .closed: false
        }
    }
    /// Whether the handler itself keeps the channel reading, whatever the application wants.
    var readsOnItsOwn: Bool { phase == .handshaking || phase == .ending || phase == .failed }

    /// The channel is active. False when the handshake has begun already.
    mutating func begin() -> Bool {
        guard phase == .idle else { return false }
        phase = .handshaking
        return true
    }

    mutating func handshakeDone() { if phase == .handshaking { phase = .open } }

    enum CloseAction: Equatable {
        /// Close the channel now.
        case closeChannel
        /// Hand the request on as it is.
        case passOn
        /// Send what is pending and close_notify; `all` when the whole connection is to end.
        case endOutput(all: Bool)
        /// The end is under way: the promise waits for it.
        case wait
        /// This cannot be done.
        case refuse(ChannelError)
    }

    /// The application closes.
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
        /// Tell the application; it may still write.
        case reportHalfClosure
        /// End this side too: send what is pending and close_notify.
        case endOutput
        /// Both sides have ended: close as soon as the output is flushed.
        case closeWhenFlushed
        case nothing
    }

    /// The peer's close_notify has come.
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
        /// Expected: close_notify came before, or this side was ending anyway.
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

    /// A check has failed. False when that was known or no longer matters.
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
