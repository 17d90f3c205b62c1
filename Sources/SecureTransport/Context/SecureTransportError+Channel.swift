import NIOCore

extension SecureTransportError {
    init(_ check: Check, _ side: Side, _ channel: (any Channel)?) {
        self.check = check
        self.side = side
        peerAddress = channel?.remoteAddress.map(Self.text)
    }

    /// `10.0.0.3:41234`, `[::1]:41234`, a socket's path.
    private static func text(_ address: SocketAddress) -> String {
        guard let host = address.ipAddress, let port = address.port else { return address.pathname ?? "\(address)" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
