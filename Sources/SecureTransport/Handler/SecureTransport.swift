import NIOCore

/// Adds the transport to pipelines.
public enum SecureTransport {
    /// Adds the server's side to a new connection. Call it first in a `childChannelInitializer`.
    ///
    /// - Parameter gate: decides when the handshake begins, and disconnects peers that take others' places.
    public static func addServer(
        to channel: any Channel, _ tls: TLSContext, limits: TransportLimits = TransportLimits(),
        gate: SharedHandshakeGate? = nil, onFailure: (@Sendable (SecureTransportError) -> Void)? = nil
    ) throws {
        try channel.pipeline.syncOperations.addHandler(
            SecureTransportHandler(tls, limits: limits, admission: gate?.admit(channel), onFailure: onFailure))
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
