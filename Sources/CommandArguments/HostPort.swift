import ArgumentParser

/// `HOST:PORT` or `[IPV6]:PORT`, as people write an address.
public struct HostPort: Sendable, Hashable, CustomStringConvertible {
    public var host: String
    public var port: Int

    /// Where a controller listens by default.
    public static let standard = HostPort(host: "127.0.0.1", port: 7788)

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Nil when the text is not a host and a port. Port 0 is valid: the kernel then chooses one.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: Int(port))
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension HostPort: ExpressibleByArgument {
    public init?(argument: String) {
        self.init(argument)
    }
}
