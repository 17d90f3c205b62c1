import NIOCore

/// Limits on the times and sizes of a connection.
public struct TransportLimits: Sendable, Hashable {
    /// The longest time from the connection's start to the end of the TLS handshake.
    public var handshakeTimeout: TimeAmount = .seconds(10)
    /// The longest time without data from the peer while this side wants to read. Nil for no limit. Ping frames must be
    /// sent more frequently.
    public var idleTimeout: TimeAmount? = .seconds(60)
    /// The longest time for an orderly close: sending pending data and waiting for the peer's end.
    public var closeTimeout: TimeAmount = .seconds(10)
    /// The time for a refused peer to read the alert before the socket is closed: a few round trips with one lost
    /// packet.
    public var refusalLinger: TimeAmount = .seconds(3)
    /// The most bytes received from the peer for the handshake.
    public var handshakeBytes = 64 << 10
    /// The most plaintext that may wait for the handshake or for a slow peer: memory in bytes, with 256 for each write
    /// besides its own. The largest write does not count: it may have any length. A writer that ignores the channel's
    /// writability and exceeds this loses the connection, because the stream would have a gap.
    public var pendingBytes = 8 << 20

    /// The default of each limit.
    public init() {}
}
