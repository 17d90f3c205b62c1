import NIOCore
import TraceProtocol

/// The closing record of a segment to which nothing more is appended: what it holds, and where it belongs. With it a
/// reader finds records that are missing at the end, and files that changed places.
struct SegmentEnd: Equatable, Sendable {
    var session: UInt64
    var segment: UInt32
    var summary: SegmentSummary
    var node: String

    init(session: UInt64, segment: Int, _ summary: SegmentSummary, node: String) {
        (self.session, self.segment, self.node) = (session, UInt32(clamping: segment), node)
        self.summary = summary
    }

    /// Nil when the body is too short.
    init?(_ frame: Frame) {
        var body = frame.body
        guard let (session, segment) = body.readMultipleIntegers(as: (UInt64, UInt32).self),
            let (records, bytes, sequence, crc) = body.readMultipleIntegers(as: (UInt64, UInt64, UInt64, UInt32).self)
        else { return nil }
        self.session = session
        self.segment = segment
        summary = SegmentSummary(records: records, bytes: bytes, sequence: sequence, crc: crc)
        node = String(buffer: body)
    }

    /// Bytes on disk of the closing record of a node's segments.
    static func recordLength(node: String) -> Int {
        LogRecord.prefixLength + LogRecord.bodyHead + 40 + node.utf8.count
    }

    func record() -> LogRecord {
        var body = ByteBuffer()
        body.writeMultipleIntegers(session, segment, summary.records, summary.bytes, summary.sequence, summary.crc)
        body.writeString(node)
        return LogRecord(Frame(.segmentEnd, body), received: 0)
    }

    /// In what a segment differs from what its closing record states; nil when it does not.
    ///
    /// - Parameter found: of the segment as it was read.
    func difference(from found: SegmentEnd) -> String? {
        if session != found.session { return "it belongs to session \(String(session, radix: 16))" }
        if node != found.node { return "it belongs to node \"\(node)\"" }
        if segment != found.segment { return "it is segment \(segment) of its log" }
        if summary == found.summary { return nil }
        return "it is to have \(summary.records) records in \(summary.bytes) bytes up to number \(summary.sequence), "
            + "and has \(found.summary.records) in \(found.summary.bytes) up to number \(found.summary.sequence)"
            + (summary.crc == found.summary.crc ? "" : "; the check sum over them differs")
    }
}
