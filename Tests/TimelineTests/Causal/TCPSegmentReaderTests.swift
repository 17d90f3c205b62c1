import EventFormat
import Testing

@testable import Timeline

/// What tells TCP segments apart, from the bytes of the two probes' records.
struct TCPSegmentReaderTests {
    /// The fields of the probes in the kernel's order. A probe of a function has its address first.
    private static let fields: [(name: String, size: Int)] = [
        ("src", 4), ("dst", 4), ("ports", 4), ("seq", 4), ("ack", 4), ("doff", 1), ("opt", 4), ("tsval", 4),
        ("tsecr", 4), ("len", 4),
    ]

    private static func format(
        _ name: String = TCPSegmentReader.sendEvent, without: String? = nil, size: [String: Int] = [:]
    ) throws -> EventFormat {
        var (text, offset) = ("", 16)
        for field in fields where field.name != without {
            let size = size[field.name] ?? field.size
            text += "\tfield:u\(size * 8) \(field.name);\toffset:\(offset);\tsize:\(size);\tsigned:0;\n"
            offset += size
        }
        return try EventFormat(
            parsing: """
                name: \(name)
                ID: 1700
                format:
                \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
                \tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
                \tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
                \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

                \tfield:unsigned long __probe_ip;\toffset:8;\tsize:8;\tsigned:0;
                \(text)
                print fmt: "(%lx) src=0x%x", REC->__probe_ip, REC->src
                """, system: "fleetrace_web")
    }

    /// A record; values are those of the fields by name, the others as of a segment with 100 bytes of data.
    private static func record(_ own: [String: UInt32] = [:]) -> [UInt8] {
        var values: [String: UInt32] = [
            "src": 0x0100_4c0a, "dst": 0x0200_4c0a, "ports": 0x031b_409c, "seq": 7, "ack": 9, "doff": 0x80,
            // NOP, NOP, 8, 10 as the header has them, read as a little-endian word.
            "opt": 0x0a08_0101, "tsval": 1000, "tsecr": 2000, "len": 132,
        ]
        values.merge(own) { $1 }
        var bytes = [UInt8](repeating: 0, count: 16)
        for field in fields {
            bytes += withUnsafeBytes(of: (values[field.name] ?? 0).littleEndian) { Array($0.prefix(field.size)) }
        }
        return bytes
    }

    private static func key(_ record: [UInt8], _ reader: TCPSegmentReader) -> MessageKey? {
        record.withUnsafeBytes { reader.key(of: $0) }
    }

    @Test func bothEndsOfASegmentHaveOneKeyAndNoOtherSegmentHasIt() throws {
        let send = try TCPSegmentReader(Self.format())
        let receive = try TCPSegmentReader(Self.format(TCPSegmentReader.receiveEvent))
        let key = try #require(Self.key(Self.record(), send))
        #expect(Self.key(Self.record(), receive) == key)
        var keys: Set<MessageKey> = [key]
        // Each of these alone is another segment: a retransmission has a later time stamp.
        for field in ["src", "dst", "ports", "seq", "ack", "tsval", "tsecr"] {
            keys.insert(try #require(Self.key(Self.record([field: 4242]), send)))
        }
        // A segment without data: 32 bytes are its header.
        keys.insert(try #require(Self.key(Self.record(["len": 32]), send)))
        #expect(keys.count == 9)
        // What a network card cuts, or the receiver joins, differs in its length alone.
        #expect(Self.key(Self.record(["len": 60_000]), receive) == key)
    }

    @Test func segmentsWithoutTimeStampsArePassedOver() throws {
        let reader = try TCPSegmentReader(Self.format())
        // No options; a header that ends before the time stamps; a SYN's options, which begin with the segment size.
        for own in [["doff": 0x50], ["doff": 0x70], ["opt": 0x0402_b405], ["opt": 0]] as [[String: UInt32]] {
            #expect(Self.key(Self.record(own), reader) == nil, "\(own)")
        }
        // Longer headers (SACK blocks behind the time stamps) are fine.
        #expect(Self.key(Self.record(["doff": 0xb0, "len": 144]), reader) != nil)
    }

    @Test func recordsThatAreCutHaveNoKey() throws {
        let reader = try TCPSegmentReader(Self.format())
        let whole = Self.record()
        for length in 0..<whole.count { #expect(Self.key(Array(whole.prefix(length)), reader) == nil) }
        #expect(Self.key(whole, reader) != nil)
    }

    @Test func anotherEventOfThatNameIsRefused() throws {
        for field in Self.fields {
            #expect(throws: ReportError.self) { try TCPSegmentReader(Self.format(without: field.name)) }
            #expect(throws: ReportError.self) { try TCPSegmentReader(Self.format(size: [field.name: 2])) }
        }
    }
}
