import NIOCore

/// Byte credit: how many bytes of numbered frames (their bodies) the sender may still send on the connection.
///
/// One frame may overdraw it, so that a frame larger than the balance is not held for ever; later grants pay the debt.
/// The receiver counts the same way and ends a connection whose peer sends more.
public struct Credit: Sendable, Equatable {
    /// Bytes left; negative while overdrawn by the last frame.
    public private(set) var balance: Int

    public init(balance: Int) {
        self.balance = balance
    }

    public var allowsFrame: Bool { balance > 0 }

    /// - Throws: `ProtocolError.creditExceeded` when there was nothing left before this frame.
    public mutating func spend(_ bytes: Int) throws(ProtocolError) {
        guard balance > 0 else { throw .creditExceeded(by: bytes - balance) }
        balance -= bytes
    }

    public mutating func grant(_ bytes: Int) {
        let (sum, overflow) = balance.addingReportingOverflow(max(bytes, 0))
        balance = overflow ? Credit.maximum : min(sum, Credit.maximum)
    }

    /// The balance never exceeds this, whatever is granted; bytes.
    public static let maximum = 1 << 30
}

/// `credit`: the receiver of a stream grants this many further bytes.
public struct CreditGrant: Hashable, Sendable {
    public var bytes: Int

    public init(bytes: Int) {
        self.bytes = bytes
    }

    public func frame() -> Frame {
        var body = ByteBuffer()
        body.writeInteger(UInt64(bytes))
        return Frame(.credit, body)
    }

    public init(_ frame: Frame) throws(ProtocolError) {
        guard let bytes = frame.body.getInteger(at: frame.body.readerIndex, as: UInt64.self) else {
            throw .malformed(frame.type, "8 bytes expected")
        }
        guard bytes <= UInt64(Credit.maximum) else { throw .malformed(frame.type, "a grant of \(bytes) bytes") }
        self.bytes = Int(bytes)
    }
}
