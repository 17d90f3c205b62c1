import NIOCore

extension SecureTransportError {
    init(_ check: Check, _ side: Side, _ channel: (any Channel)?) {
        self.check = check
        self.side = side
        peerAddress = channel?.remoteAddress?.shown
    }
}
