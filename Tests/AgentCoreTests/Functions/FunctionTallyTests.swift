import EventFormat
import Testing
import TraceProtocol

@testable import AgentCore

/// Calls and times from records made by hand.
@Suite("Tally of functions")
struct FunctionTallyTests {
    private static let names = FunctionNames([(0x2000, "vfs_read"), (0x1000, "vfs_write"), (0x3000, "vfs_read")])

    private static func records(hasTimes: Bool = true) throws -> FunctionRecords {
        let entry = try CountTallyTests.format(
            "entry", id: hasTimes ? 11 : 1,
            "\tfield:unsigned long \(hasTimes ? "func" : "ip");\toffset:8;\tsize:8;\tsigned:0;\n")
        guard hasTimes else { return try FunctionRecords(entry: entry, exit: nil) }
        return try FunctionRecords(
            entry: entry,
            exit: CountTallyTests.format(
                "exit", id: 10,
                """
                \tfield:unsigned long func;\toffset:8;\tsize:8;\tsigned:0;
                \tfield:unsigned long long calltime;\toffset:24;\tsize:8;\tsigned:0;
                \tfield:unsigned long long rettime;\toffset:32;\tsize:8;\tsigned:0;

                """))
    }

    /// A record of 8-byte words behind the common fields.
    private static func ingest(_ type: UInt16, _ words: [UInt64], into tally: inout FunctionTally) {
        var bytes = withUnsafeBytes(of: type) { Array($0) } + [UInt8](repeating: 0, count: 6)
        for word in words { withUnsafeBytes(of: word) { bytes += $0 } }
        bytes.withUnsafeBytes { tally.ingest($0, time: 0, cpu: 0) }
    }

    private static func texts(_ rows: [WireCountRow]) -> [String] {
        rows.map { row in
            let name = row.other ? "other" : String(decoding: row.key[0].text, as: UTF8.self)
            return "\(name) \(row.count) \(row.timed) \(row.timeNs)"
        }.sorted()
    }

    @Test("A call counts when it begins, its time when it returns; addresses of one name are one row")
    func calls() throws {
        var tally = FunctionTally(try Self.records(), names: Self.names, limit: 10)
        for function in [0x2004, 0x1004, 0x3004, 0x1004] as [UInt64] { Self.ingest(11, [function], into: &tally) }
        Self.ingest(10, [0x2004, 0, 100, 350], into: &tally)
        Self.ingest(10, [0x3004, 0, 1_000, 1_050], into: &tally)
        Self.ingest(10, [0x1004, 0, 5, 12], into: &tally)
        // Of an event that is recorded beside.
        Self.ingest(99, [0x1004], into: &tally)
        #expect(Self.texts(tally.rows()) == ["vfs_read 2 2 300", "vfs_write 2 1 7"])
        #expect(tally.uncounted == 0)
    }

    @Test("Without returns there are calls alone")
    func withoutTimes() throws {
        var tally = FunctionTally(try Self.records(hasTimes: false), names: Self.names, limit: 10)
        for _ in 0..<3 { Self.ingest(1, [0x1000, 0], into: &tally) }
        #expect(Self.texts(tally.rows()) == ["vfs_write 3 0 0"])
    }

    @Test("Functions beyond the table are counted together; short records are counted as damaged")
    func limits() throws {
        var tally = FunctionTally(try Self.records(), names: Self.names, limit: 1)
        for function in [0x1000, 0x2000, 0x1000, 0x3000] as [UInt64] { Self.ingest(11, [function], into: &tally) }
        Self.ingest(10, [0x1000], into: &tally)
        Self.ingest(11, [], into: &tally)
        #expect(Self.texts(tally.rows()) == ["other 2 0 0", "vfs_write 2 0 0"])
        #expect(tally.uncounted == 2)
    }

    @Test("An address that belongs to none of the functions is shown as it is")
    func unknownAddress() {
        #expect(Self.names.name(of: 0x1000) == "vfs_write" && Self.names.name(of: 0x1020) == "vfs_write")
        #expect(Self.names.name(of: 0x1021) == "0x1021" && Self.names.name(of: 0xfff) == "0xfff")
        #expect(FunctionNames([(0, "hidden")]).name(of: 4) == "0x4")
        #expect(FunctionNames([]).name(of: 4) == "0x4")
    }
}
