import Testing
import TextPatterns
import TraceProtocol
import Tracefs

@testable import FleetView

struct FleetEventsTests {
    static let first = """
        a:one
        \tfield:int x;\toffset:8;\tsize:4;\tsigned:1;
        \tfield:char name[16];\toffset:12;\tsize:16;\tsigned:0;
        b:empty
        b:two
        \tfield:long y;\toffset:8;\tsize:8;\tsigned:1;

        """
    /// As another kernel has them: `two` is shorter, `empty` is missing.
    static let second = """
        a:one
        \tfield:int x;\toffset:8;\tsize:4;\tsigned:1;
        \tfield:char name[16];\toffset:12;\tsize:16;\tsigned:0;
        b:two
        \tfield:int y;\toffset:8;\tsize:4;\tsigned:1;
        c:new

        """

    static func report(_ lists: [(String, [String])]) throws -> WireListReport {
        var report = WireListReport()
        for (text, nodes) in lists {
            var group = WireListReportGroup()
            group.nodes = nodes
            group.list.text = try Array(text.utf8).withUnsafeBytes { try WireCompressedBlob(packing: $0) }
            report.groups.append(group)
        }
        return report
    }

    static func fleet() throws -> FleetEvents {
        try FleetEvents(report([(first, ["n1", "n2", "n3"]), (second, ["old"])]))
    }

    @Test("Each event says on how many nodes it is, and a difference of layout is seen")
    func merged() throws {
        let fleet = try Self.fleet()
        #expect(fleet.nodes == 4)
        #expect(
            FleetEvents.lines(fleet.events, nodes: 4, fields: false) == [
                "EVENT    NODES", "a:one    4", "b:empty  3 of 4", "b:two    4  2 layouts", "c:new    1 of 4",
            ])
    }

    @Test("Fields stand below their event, for each layout with the nodes that have it")
    func fields() throws {
        let events = try Self.fleet().matching("two")
        #expect(
            FleetEvents.lines(events, nodes: 4, fields: true) == [
                "EVENT  NODES", "b:two  4  2 layouts", "  on n1, n2, n3:",
                "    field:long y; offset:8; size:8; signed:1;", "  on old:",
                "    field:int y; offset:8; size:4; signed:1;",
            ])
        #expect(events[0].layouts[0].fields == [try #require(ListedField("field:long y; offset:8; size:8; signed:1;"))])
    }

    @Test("As JSON, one object for each event")
    func json() throws {
        let fleet = try Self.fleet()
        #expect(
            try FleetEvents.json(fleet.matching("b:empty"), nodes: 4, fields: false) == [
                #"{"event":"b:empty","layouts":1,"missing":1,"nodes":3}"#
            ])
        let lines = try FleetEvents.json(fleet.matching("a:one"), nodes: 4, fields: true)
        #expect(lines.count == 1)
        #expect(lines[0].contains(#"{"declaration":"char name[16]","offset":12,"signed":false,"size":16}"#))
    }

    @Test("A pattern that selects nothing is refused with near matches")
    func unknown() throws {
        let fleet = try Self.fleet()
        let error = #expect(throws: UnknownEvent.self) { try fleet.matching("b:tow") }
        #expect(error?.suggestions == ["b:two"])
    }

    @Test(
        "Malformed lines of a list are skipped alone",
        arguments: ["\n\n\t\n", "\tfield:int x;\n", "no colon\na:b\n", "a:b", "é:\u{7}\n"])
    func malformed(text: String) throws {
        let fleet = try FleetEvents(Self.report([(text, ["n"])]))
        #expect(fleet.events.map(\.name.description) == (text.contains("a:b") ? ["a:b"] : []))
        #expect(fleet.events.allSatisfy { $0.layouts[0].fields.isEmpty })
    }

    @Test("A list that states more than may be, or does not unpack, is an error")
    func bomb() throws {
        var report = try Self.report([(Self.first, ["n"])])
        report.groups[0].list.text.rawLength = 1 << 40
        #expect(throws: CodecError.self) { try FleetEvents(report) }
        report.groups[0].list.text.rawLength = 5
        #expect(throws: CodecError.self) { try FleetEvents(report) }
    }

    @Test("Lines of names add up over nodes")
    func names() throws {
        let fleet = try FleetNames(Self.report([("vfs_read\nvfs_write\n", ["a", "b"]), ("vfs_read\n", ["c"])]))
        #expect(
            FleetNames.lines(fleet.entries, title: "FUNCTION") == [
                "FUNCTION   NODES", "vfs_read   3", "vfs_write  2 of 3",
            ])
        #expect(fleet.matching("*write").map(\.name) == ["vfs_write"])
    }

    @Test(
        "Numbers in three digits",
        arguments: [
            (0, "0"), (1, "1"), (0.5, "0.50"), (9.999, "10.0"), (99.96, "100"), (987, "987"), (999.4, "999"),
            (999.6, "1.00k"), (1234, "1.23k"), (56_789, "56.8k"), (999_499, "999k"), (999_600, "1.00M"),
            (1.5e9, "1.50G"),
            (.infinity, "?"),
        ] as [(Double, String)])
    func quantities(value: Double, text: String) {
        #expect(Quantity.short(value) == text)
    }
}
