import Synchronization

/// Caps the handshakes under way: each costs more than a millisecond of CPU (two signatures, two verifications, a key
/// agreement), and when a whole fleet reconnects at once, all that are begun should also be finished in time.
public struct HandshakeGate: Sendable, Hashable {
    /// The most handshakes at a time.
    public let limit: Int
    /// Those under way.
    public private(set) var underWay = 0
    /// Those refused since the start.
    public private(set) var refused = 0

    /// - Parameter limit: the most handshakes at a time; at least 1.
    public init(limit: Int) { self.limit = max(1, limit) }

    /// Takes a place. False when all are taken.
    public mutating func admit() -> Bool {
        guard underWay < limit else {
            refused &+= 1
            return false
        }
        underWay += 1
        return true
    }

    /// Gives a place back.
    public mutating func finish() { underWay = max(0, underWay - 1) }
}

/// The gate of one listener, asked from all event loops.
public final class SharedHandshakeGate: Sendable {
    private let gate: Mutex<HandshakeGate>

    /// - Parameter limit: the most handshakes at a time; at least 1.
    public init(limit: Int) { gate = Mutex(HandshakeGate(limit: limit)) }

    /// A place, or nil when all are taken.
    public func admit() -> HandshakeTicket? {
        gate.withLock { $0.admit() } ? HandshakeTicket(gate: self) : nil
    }

    /// The state now, for metrics.
    public var snapshot: HandshakeGate { gate.withLock { $0 } }

    fileprivate func finish() { gate.withLock { $0.finish() } }
}

/// A place among the handshakes under way. It is given back when the ticket goes.
public final class HandshakeTicket: Sendable {
    private let gate: SharedHandshakeGate

    fileprivate init(gate: SharedHandshakeGate) { self.gate = gate }

    deinit { gate.finish() }
}
