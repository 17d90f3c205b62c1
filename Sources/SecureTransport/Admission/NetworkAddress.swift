import NIOCore

/// An IP address without a port, or the network that it is in. IPv4 and IPv4-mapped IPv6 (RFC 4291, 2.5.5.2) are one.
public struct NetworkAddress: Sendable, Hashable, CustomStringConvertible {
    /// The 16 bytes of the IPv6 address, an IPv4 address in its mapped form.
    private var high: UInt64
    private var low: UInt64
    private var isNetwork = false

    private static let mapped: UInt64 = 0xffff << 32

    /// - Parameter v4: an IPv4 address, 127.0.0.1 as 0x7f000001.
    init(v4: UInt32) {
        (high, low) = (0, Self.mapped | UInt64(v4))
    }

    init(high: UInt64, low: UInt64) {
        (self.high, self.low) = (high, low)
    }

    /// The address of a peer. Peers without one (a socket's path, a test's channel) all have the same.
    public init(_ address: SocketAddress?) {
        switch address {
        case .v4(let it): self.init(v4: UInt32(bigEndian: it.address.sin_addr.s_addr))
        case .v6(let it):
            var address = it.address.sin6_addr
            self = withUnsafeBytes(of: &address) { bytes in
                NetworkAddress(
                    high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                    low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
            }
        case .unixDomainSocket, nil: self.init(high: 0, low: 0)
        }
    }

    private var isV4: Bool { high == 0 && low >> 32 == 0xffff }

    /// Its /24 (IPv4) or /64 (IPv6): what one subscriber or one site has at most.
    public var network: NetworkAddress {
        var network = isV4 ? NetworkAddress(high: 0, low: low & ~0xff) : NetworkAddress(high: high, low: 0)
        network.isNetwork = true
        return network
    }

    /// `10.0.0.3`, `2001:db8:0:0:0:0:0:1`; a network with `/24` or `/64`.
    public var description: String {
        if isV4 {
            let bytes = [24, 16, 8, 0].map { String(low >> $0 & 0xff) }
            return bytes.joined(separator: ".") + (isNetwork ? "/24" : "")
        }
        let groups = [high, low].flatMap { half in [48, 32, 16, 0].map { String(half >> $0 & 0xffff, radix: 16) } }
        return isNetwork ? groups.prefix(4).joined(separator: ":") + "::/64" : groups.joined(separator: ":")
    }
}
