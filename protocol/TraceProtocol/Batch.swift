import NIOCore

/// The fixed head of a batch, big-endian, stream number included (protocol/WIRE.md, "Batch").
public struct BatchHeader: Hashable, Sendable {
    /// Bytes of head in a batch frame's body, stream number included.
    public static let length = StreamNumber.length + 4 + 8 + 8 + 4 + 1 + 4

    public var number: StreamNumber
    public var cpu: UInt32
    /// Time stamp of the first page, ns of the node's trace clock.
    public var firstTimestamp: UInt64
    /// Events lost just before and within this batch, as far as the pages say; `unknownLoss` when the kernel had no
    /// room to store how many.
    public var lost: UInt64
    /// Events in the pages, counted by the agent.
    public var events: UInt32
    public var codec: BatchCodec
    /// Length of the pages when unpacked, bytes.
    public var rawLength: UInt32

    public static let unknownLoss = UInt64.max

    public init(
        number: StreamNumber, cpu: UInt32, firstTimestamp: UInt64, lost: UInt64, events: UInt32, codec: BatchCodec,
        rawLength: UInt32
    ) {
        self.number = number
        self.cpu = cpu
        self.firstTimestamp = firstTimestamp
        self.lost = lost
        self.events = events
        self.codec = codec
        self.rawLength = rawLength
    }
}

/// Sub-buffers of one CPU, one after the other, each cut after its used length, packed by `codec`.
public struct Batch: Hashable, Sendable {
    public var header: BatchHeader
    public var payload: ByteBuffer

    /// Largest unpacked size, bytes.
    public static let maximumRaw = 4 << 20
    /// Largest packed size, bytes: incompressible pages grow a little.
    public static let maximumEncoded = maximumRaw + (64 << 10)

    public init(header: BatchHeader, payload: ByteBuffer) {
        self.header = header
        self.payload = payload
    }

    /// Parses a batch frame's body. The pages are not unpacked.
    public init(_ frame: Frame) throws(ProtocolError) {
        var body = frame.body
        let number = try StreamNumber(reading: &body, of: frame.type)
        guard
            let (cpu, firstTimestamp, lost, events, codec, rawLength) = body.readMultipleIntegers(
                as: (UInt32, UInt64, UInt64, UInt32, UInt8, UInt32).self)
        else { throw .malformed(frame.type, "shorter than its header") }
        guard let codec = BatchCodec(rawValue: codec) else {
            throw .malformed(frame.type, "codec \(codec) is not known here")
        }
        guard rawLength <= Batch.maximumRaw else {
            throw .malformed(frame.type, "\(rawLength) unpacked bytes, \(Batch.maximumRaw) are allowed")
        }
        header = BatchHeader(
            number: number, cpu: cpu, firstTimestamp: firstTimestamp, lost: lost, events: events, codec: codec,
            rawLength: rawLength)
        payload = body
    }
}

extension BatchHeader {
    /// Appends the head of a batch frame's body.
    public func write(into out: inout ByteBuffer) {
        number.write(into: &out)
        out.writeInteger(cpu)
        out.writeInteger(firstTimestamp)
        out.writeInteger(lost)
        out.writeInteger(events)
        out.writeInteger(codec.rawValue)
        out.writeInteger(rawLength)
    }
}
