import NIOCore

/// Adds the transport to pipelines.
public enum SecureTransport {
    /// The listener has reached its limit of concurrent handshakes.
    public struct Busy: Error, Sendable, Hashable, CustomStringConvertible {
        /// The most concurrent handshakes.
        public let limit: Int

        /// A message for the listener's log.
        public var description: String { "\(limit) handshakes are under way already" }
    }

    /// A user event, sent outwards: close the channel now, without waiting for the peer's end. For a peer whose input
    /// would cost too much to read on.
    public struct Abandon: Sendable {
        public init() {}
    }

    /// Adds the server's side to a new connection. Call it first in a `childChannelInitializer`, and let its error fail
    /// the initializer: the connection is then closed, and the peer tries again later.
    ///
    /// - Throws: `Busy` if `gate` has reached its limit.
    public static func addServer(
        to channel: any Channel, _ tls: TLSContext, limits: TransportLimits = TransportLimits(),
        gate: SharedHandshakeGate? = nil, unread: UnreadPool? = nil,
        onFailure: (@Sendable (SecureTransportError) -> Void)? = nil
    ) throws {
        var ticket: HandshakeTicket?
        if let gate {
            ticket = gate.admit()
            if ticket == nil { throw Busy(limit: gate.snapshot.limit) }
        }
        try channel.pipeline.syncOperations.addHandler(
            SecureTransportHandler(tls, limits: limits, admission: ticket, unread: unread, onFailure: onFailure))
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
