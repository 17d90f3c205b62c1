import NIOCore

extension SocketAddress {
    /// `10.0.0.3:41234`, `[::1]:41234`, a socket's path.
    public var shown: String {
        guard let host = ipAddress, let port else { return pathname ?? "\(self)" }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
