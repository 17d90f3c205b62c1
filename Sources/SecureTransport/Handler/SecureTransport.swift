import NIOCore

/// Puts the transport into pipelines.
public enum SecureTransport {
    /// The listener already has as many handshakes under way as it allows.
    public struct Busy: Error, Sendable, Hashable, CustomStringConvertible {
        /// The limit.
        public let limit: Int

        /// For the log of the listener.
        public var description: String { "\(limit) handshakes are under way already" }
    }

    /// Adds the server's side to a new connection. Call it first in a `childChannelInitializer`, and let what it throws
    /// fail that: the connection is then closed, and the peer comes back later.
    ///
    /// - Throws: `Busy` when `gate` has no place.
    public static func addServer(
        to channel: any Channel, _ tls: TLSContext, limits: TransportLimits = TransportLimits(),
        gate: SharedHandshakeGate? = nil, onFailure: (@Sendable (SecureTransportError) -> Void)? = nil
    ) throws {
        var ticket: HandshakeTicket?
        if let gate {
            ticket = gate.admit()
            if ticket == nil { throw Busy(limit: gate.snapshot.limit) }
        }
        try channel.pipeline.syncOperations.addHandler(
            SecureTransportHandler(tls, limits: limits, admission: ticket, onFailure: onFailure))
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
