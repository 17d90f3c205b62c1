/// A message between two nodes: what its sender's and its receiver's trace clock read.
public struct MatchedMessage: Sendable, Hashable {
    /// Index of the node that sent it.
    public let sender: Int
    /// The reading before it was sent, ns of the sender's trace clock.
    public let sent: Int64
    /// Index of the node that received it.
    public let receiver: Int
    /// The reading after it was received, ns of the receiver's trace clock.
    public let received: Int64

    public init(sender: Int, sent: Int64, receiver: Int, received: Int64) {
        self.sender = sender
        self.sent = sent
        self.receiver = receiver
        self.received = received
    }
}

/// A message that cannot have been sent before it was received, by what else is known: the bounds of a clock do not hold,
/// or send and receive are not of one message.
public struct MessageContradiction: Sendable, Hashable {
    public enum Basis: Sendable, Hashable {
        /// The clock probes of the two nodes.
        case probes
        /// Other messages, together with the probes. Which of them is wrong is not known.
        case messages
    }

    public let message: MatchedMessage
    public let basis: Basis
    /// By how much at least, ns.
    public let excess: Int64
}
