/// A clock probe, its reply, or what opens their path, as one UDP datagram (WIRE.md, "Clock datagrams"). All have one
/// length, so nobody gets more bytes than were sent in another's name, and both ways take equally long.
public struct ClockDatagram: Hashable, Sendable {
    public var kind: Kind
    /// Which connection it belongs to.
    public var path: UInt64
    /// Of an open: greater than that of every earlier one of the path. Of a probe: its id. Of a reply: the probe's id.
    public var number: UInt64
    /// Of a reply: when the agent received the probe, and when it sent this; ns of CLOCK_MONOTONIC_RAW. Otherwise 0.
    public var received: Int64
    public var sent: Int64

    public enum Kind: UInt8, Sendable {
        /// Agent to controller: probes reach me where this comes from.
        case open = 1
        /// Controller to agent.
        case probe = 2
        /// Agent to controller.
        case reply = 3
    }

    /// Bytes of a datagram.
    public static let length = 64
    /// Bytes before the tag, which authenticates them.
    public static let sealed = 48
    private static let magic: UInt32 = 0x4654_4331  // "FTC1"

    public init(_ kind: Kind, path: UInt64, number: UInt64, received: Int64 = 0, sent: Int64 = 0) {
        self.kind = kind
        self.path = path
        self.number = number
        self.received = received
        self.sent = sent
    }

    /// Writes all but the tag. The rest of the sealed bytes is 0.
    ///
    /// - Parameter buffer: of `length` bytes.
    public func write(to buffer: UnsafeMutableRawBufferPointer) {
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        buffer.storeBytes(of: Self.magic.bigEndian, toByteOffset: 0, as: UInt32.self)
        buffer.storeBytes(of: kind.rawValue, toByteOffset: 4, as: UInt8.self)
        buffer.storeBytes(of: path.bigEndian, toByteOffset: 8, as: UInt64.self)
        buffer.storeBytes(of: number.bigEndian, toByteOffset: 16, as: UInt64.self)
        buffer.storeBytes(of: received.bigEndian, toByteOffset: 24, as: Int64.self)
        buffer.storeBytes(of: sent.bigEndian, toByteOffset: 32, as: Int64.self)
    }

    /// What a datagram says, before anybody has looked at its tag; nil for what is none of these.
    ///
    /// Bytes that mean nothing today are ignored.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        func integer<T: FixedWidthInteger>(_ offset: Int) -> T {
            T(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: T.self))
        }
        guard bytes.count == Self.length, integer(0) == Self.magic, let kind = Kind(rawValue: bytes[4]) else {
            return nil
        }
        self.init(kind, path: integer(8), number: integer(16), received: integer(24), sent: integer(32))
    }
}
