import EventFormat

/// Tells TCP segments apart, from the records of Fleetrace's own probes (`TCPProbes`).
///
/// A segment is known by addresses, ports, sequence and acknowledgement number, its time stamps (RFC 7323), and whether
/// it carries data. With the time stamps a retransmission is another segment: it is sent a millisecond later or more,
/// which is a tick of that clock. Segments without them are passed over. What the sender cuts into several (TSO), or the
/// receiver joins (GRO), has these values in its first part.
struct TCPSegmentReader {
    /// The name of an event of the probes, whatever its group.
    static let sendEvent = "causal_tcp_send"
    static let receiveEvent = "causal_tcp_receive"

    private let fields: [EventField]
    private let offsetAndFlags: EventField
    private let option: EventField
    private let length: EventField

    /// The fields that both probes have, in an order that does not matter.
    private static let compared = ["src", "dst", "ports", "seq", "ack", "tsval", "tsecr"]
    /// NOP, NOP, kind 8, length 10: how Linux begins the options of a segment of an open connection.
    private static let timestampOption: UInt32 = 0x0101_080a

    /// - Throws: `ReportError` when the event is not one of those probes.
    init(_ format: EventFormat) throws(ReportError) {
        func field(_ name: String, _ size: Int) throws(ReportError) -> EventField {
            guard let field = format.field(name), field.size == size, field.kind == .integer else {
                throw ReportError("--causal tcp: \(format.fullName) is not an event of record --causal tcp")
            }
            return field
        }
        var fields: [EventField] = []
        for name in Self.compared { fields.append(try field(name, 4)) }
        self.fields = fields
        offsetAndFlags = try field("doff", 1)
        option = try field("opt", 4)
        length = try field("len", 4)
    }

    func key(of record: UnsafeRawBufferPointer) -> MessageKey? {
        let end = max(fields.map(\.end).max() ?? 0, max(option.end, length.end, offsetAndFlags.end))
        guard record.count >= end else { return nil }
        let header = UInt32(record[offsetAndFlags.offset] >> 4) * 4
        guard header >= 32, record.word(option).byteSwapped == Self.timestampOption else { return nil }
        var builder = MessageKeyBuilder()
        builder.append(.max)
        for field in fields { builder.append(UInt64(record.word(field))) }
        builder.append(record.word(length) > header ? 1 : 0)
        return builder.key
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func word(_ field: EventField) -> UInt32 {
        loadUnaligned(fromByteOffset: field.offset, as: UInt32.self)
    }
}
