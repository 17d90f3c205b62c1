import SecureTransport
import TraceProtocol

/// What the end of a connection, or of an attempt to open one, means for another attempt.
enum ConnectionEnd {
    /// Whether another attempt would end the same way: a side refuses the other, by its certificate or with a reason.
    static func isFinal(_ error: any Error) -> Bool {
        switch error {
        case let error as ClientError: error.isFinal
        case let error as SecureTransportError: error.check.isFinal
        case is IdentityFileError, is OpenSSLFailure, is ProtocolError: true
        default: false
        }
    }
}

extension ClientError {
    fileprivate var isFinal: Bool {
        switch self {
        case .closed, .silent: false
        case .unreachable(_, _, let isFinal): isFinal
        case .goodbye(let goodbye): goodbye.reason != .shuttingDown && goodbye.reason != .overloaded
        // A budget of connections or attachments may still count the connection that broke.
        case .refused(let refusal): ![.overBudget, .timeout, .io].contains(refusal.code)
        case .unknownReply, .tooOld: true
        }
    }
}

extension SecureTransportError.Check {
    fileprivate var isFinal: Bool {
        switch self {
        // The network, or a process that dies, can cause each of these.
        case .handshakeTimeout, .displaced, .idleTimeout, .endedInHandshake, .truncated, .endedBeforeData,
            .tooMuchPending, .peerNotReading:
            false
        default: true
        }
    }
}
