import NIOCore

/// `watermark`: for each CPU, every event up to and including this time (ns of the node's trace clock) is in frames
/// that were sent before. Idle CPUs are listed too, so a reader needs no timeout to decide that a CPU is idle.
public struct Watermark: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public var cpu: UInt32
        public var time: UInt64

        public init(cpu: UInt32, time: UInt64) {
            self.cpu = cpu
            self.time = time
        }
    }

    public var session: UInt64
    public var entries: [Entry]

    public static let maximumCPUs = 8192
    static let maximumBody = 8 + 4 + maximumCPUs * 12

    public init(session: UInt64, entries: [Entry]) {
        self.session = session
        self.entries = entries
    }

    /// Up to when everything of all CPUs is in frames that were sent before, ns of the trace clock; nil without CPUs.
    public var least: Int64? { entries.map(\.time).min().flatMap { Int64(exactly: $0) } }

    public func frame() -> Frame {
        var body = ByteBuffer()
        body.reserveCapacity(12 + entries.count * 12)
        body.writeInteger(session)
        body.writeInteger(UInt32(entries.count))
        for entry in entries {
            body.writeInteger(entry.cpu)
            body.writeInteger(entry.time)
        }
        return Frame(.watermark, body)
    }

    /// The session of a watermark that is well formed. Its entries are not read.
    public static func session(of frame: Frame) throws(ProtocolError) -> UInt64 {
        var body = frame.body
        guard let (session, count) = body.readMultipleIntegers(as: (UInt64, UInt32).self),
            count <= Watermark.maximumCPUs, body.readableBytes == Int(count) * 12
        else { throw .malformed(frame.type, "its length does not fit its CPU count") }
        return session
    }

    public init(_ frame: Frame) throws(ProtocolError) {
        session = try Self.session(of: frame)
        var body = frame.body
        body.moveReaderIndex(forwardBy: 12)
        entries = []
        entries.reserveCapacity(body.readableBytes / 12)
        while let (cpu, time) = body.readMultipleIntegers(as: (UInt32, UInt64).self) {
            entries.append(Entry(cpu: cpu, time: time))
        }
    }
}
