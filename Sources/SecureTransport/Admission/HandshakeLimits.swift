import NIOCore

/// How many handshakes a listener has room for.
public struct HandshakeLimits: Sendable, Hashable {
    /// The most connections that TLS does not work on yet: silent ones, and those that wait for their turn. Each is an
    /// open file.
    public var places = 1024
    /// The most handshakes that TLS works on at a time: those whose ClientHello has come. Each takes about 40 KB.
    public var underWay = 1024
    /// The time after which a peer that has not sent a ClientHello is the first to lose its place.
    public var patience = TimeAmount.seconds(2)
    /// The share of one thread that handshakes may take.
    public var processorShare = 0.25

    /// The default of each limit.
    public init() {}

    /// The most of `limit` for one address.
    static func perAddress(_ limit: Int) -> Int { max(1, limit / 2) }
    /// The most of `limit` for one network (`NetworkAddress.network`).
    static func perNetwork(_ limit: Int) -> Int { max(1, limit * 3 / 4) }
    /// What strangers do not take of `limit` from addresses that have completed a handshake before.
    static func knownShare(_ limit: Int) -> Int { limit / 4 }
}
