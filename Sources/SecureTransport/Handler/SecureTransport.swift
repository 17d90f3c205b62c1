import NIOCore

/// Adds the transport to pipelines.
public enum SecureTransport {
    /// A user event, sent outwards: close the channel now, without waiting for the peer's end. For a peer whose input
    /// would cost too much to read on.
    public struct Abandon: Sendable {
        public init() {}
    }

    /// Adds the server's side to a new connection. Call it first in a `childChannelInitializer`.
    ///
    /// - Parameter gate: decides when the handshake begins, and disconnects peers that take others' places.
    public static func addServer(
        to channel: any Channel, _ tls: TLSContext, limits: TransportLimits = TransportLimits(),
        gate: SharedHandshakeGate? = nil, unread: UnreadPool? = nil,
        onFailure: (@Sendable (SecureTransportError) -> Void)? = nil
    ) throws {
        try channel.pipeline.syncOperations.addHandler(
            SecureTransportHandler(
                tls, limits: limits, admission: gate?.admit(channel), unread: unread, onFailure: onFailure))
    }

    /// Adds the client's side to a connection. Call it first in a `channelInitializer`.
    public static func addClient(
        to channel: any Channel, _ tls: TLSContext, limits: TransportLimits = TransportLimits(),
        onFailure: (@Sendable (SecureTransportError) -> Void)? = nil
    ) throws {
        try channel.pipeline.syncOperations.addHandler(
            SecureTransportHandler(tls, limits: limits, onFailure: onFailure))
    }
}
