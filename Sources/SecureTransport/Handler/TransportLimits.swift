import NIOCore

/// How long a connection may take and how much it may hold.
public struct TransportLimits: Sendable, Hashable {
    /// From the connection's start to the end of the TLS handshake.
    public var handshakeTimeout: TimeAmount = .seconds(10)
    /// How long nothing may come from the peer while this side wants to read; nil for no limit. Frames of liveness
    /// (Ping) have to come more often than this.
    public var idleTimeout: TimeAmount? = .seconds(60)
    /// How long an orderly close may take: sending what is pending and waiting for the peer's end.
    public var closeTimeout: TimeAmount = .seconds(10)
    /// How long a refused peer gets to read the alert before the socket is closed: a few round trips, one of them lost.
    public var refusalLinger: TimeAmount = .seconds(3)
    /// Bytes of the handshake that are taken from the peer.
    public var handshakeBytes = 64 << 10
    /// Bytes of plaintext that may wait for the handshake or for a peer that reads slowly. Whoever writes while the
    /// channel is not writable and passes this loses the connection: the stream would have a hole.
    public var pendingBytes = 48 << 20

    /// The defaults stated at each limit.
    public init() {}
}
