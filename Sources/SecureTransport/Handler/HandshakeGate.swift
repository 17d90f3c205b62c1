import Synchronization

/// Limits the number of concurrent handshakes. Each needs over a millisecond of CPU time (two signatures, two
/// verifications, a key agreement). When a whole fleet reconnects, all handshakes that start should finish in time.
public struct HandshakeGate: Sendable, Hashable {
    /// The most concurrent handshakes.
    public let limit: Int
    /// Current handshakes.
    public private(set) var underWay = 0
    /// Handshakes refused since the start.
    public private(set) var refused = 0

    /// - Parameter limit: the most handshakes at a time; at least 1.
    public init(limit: Int) { self.limit = max(1, limit) }

    /// Starts a handshake. Returns false if the limit is reached.
    public mutating func admit() -> Bool {
        guard underWay < limit else {
            refused &+= 1
            return false
        }
        underWay += 1
        return true
    }

    /// Ends a handshake.
    public mutating func finish() { underWay = max(0, underWay - 1) }
}

/// The gate of one listener, which all event loops use.
public final class SharedHandshakeGate: Sendable {
    private let gate: Mutex<HandshakeGate>

    /// - Parameter limit: the most handshakes at a time; at least 1.
    public init(limit: Int) { gate = Mutex(HandshakeGate(limit: limit)) }

    /// A ticket for one handshake, or nil if the limit is reached.
    public func admit() -> HandshakeTicket? {
        gate.withLock { $0.admit() } ? HandshakeTicket(gate: self) : nil
    }

    /// The current state, for metrics.
    public var snapshot: HandshakeGate { gate.withLock { $0 } }

    fileprivate func finish() { gate.withLock { $0.finish() } }
}

/// Permission for one handshake. It ends when the ticket is released.
public final class HandshakeTicket: Sendable {
    private let gate: SharedHandshakeGate

    fileprivate init(gate: SharedHandshakeGate) { self.gate = gate }

    deinit { gate.finish() }
}
