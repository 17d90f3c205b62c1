import Testing

@testable import EventFormat

@Suite struct EventFormatTests {
    private static let text = """
        name: sched_switch
        ID: 314
        format:
        \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
        \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

        \tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;
        \tfield:pid_t prev_pid;\toffset:24;\tsize:4;\tsigned:1;
        \tfield:__data_loc char[] name;\toffset:28;\tsize:4;\tsigned:0;
        \tfield:__rel_loc u64[] addrs;\toffset:32;\tsize:4;\tsigned:0;
        \tfield:__data_loc char[][2] names;\toffset:36;\tsize:8;\tsigned:1;
        \tfield:unsigned long args[6];\toffset:44;\tsize:48;\tsigned:0;
        \tfield:const char * fmt;\toffset:92;\tsize:8;\tsigned:0;
        \tfield:u16 x[];\toffset:100;\tsize:6;\tsigned:0;
        \tfield:struct sockaddr_in6 addr;\toffset:106;\tsize:28;\tsigned:0;
        \tfield:u32 buf[];\toffset:136;\tsize:0;\tsigned:0;

        print fmt: "%s", REC->prev_comm
        """

    @Test func readsWhatTheKernelWrites() throws {
        let format = try EventFormat(parsing: Self.text, system: "sched")
        #expect(format.fullName == "sched:sched_switch")
        #expect(format.id == 314)
        #expect(format.commonFields.map(\.name) == ["common_type", "common_pid"])
        #expect(format.printFormat == "\"%s\", REC->prev_comm")
        let kinds = Dictionary(uniqueKeysWithValues: format.fields.map { ($0.name, $0.kind) })
        #expect(kinds["prev_comm"] == .string)
        #expect(kinds["prev_pid"] == .integer)
        #expect(kinds["name"] == .dynamic(element: 1, isString: true))
        #expect(kinds["addrs"] == .relativeDynamic(element: 8, isString: false))
        #expect(kinds["names"] == .dynamic(element: 1, isString: true))
        #expect(kinds["args"] == .array(element: 8, count: 6))
        #expect(kinds["fmt"] == .pointer)
        #expect(kinds["x"] == .array(element: 2, count: 3))
        #expect(kinds["addr"] == .opaque)
        #expect(kinds["buf"] == .trailing(element: 4, isString: false))
        #expect(format.field("common_pid")?.isSigned == true)
    }

    @Test(arguments: [
        ("ID: 1\nformat:\n", EventFormatError.missing("name")),
        ("name: a\nformat:\n", .missing("ID")),
        ("name: a\nID: 70000\n", .malformed(line: 2, "'ID: 70000' is not an event id")),
        (
            "name: a\nID: 1\n\tfield:int x;\toffset:4;\n",
            .malformed(line: 3, "a field needs its declaration, offset and size")
        ),
        ("name: a\nID: 1\n\tfield:int x;\toffset:70000;\tsize:4;\tsigned:0;\n", .fieldOutOfRange("int x")),
        (
            "name: a\nID: 1\n\tfield:int x;\toffset:4;\tsize:9223372036854775807;\tsigned:0;\n",
            .fieldOutOfRange("int x")
        ),
    ])
    func refusesWhatNoKernelWrites(text: String, error: EventFormatError) {
        #expect(throws: error) { try EventFormat(parsing: text, system: "x") }
    }

    @Test func refusesATextThatIsTooLong() {
        let text = String(repeating: "x", count: EventFormat.maximumTextLength + 1)
        #expect(throws: EventFormatError.tooLong(text.utf8.count)) { try EventFormat(parsing: text, system: "x") }
    }

    @Test func aBadFormatCostsNoOther() {
        let catalog = EventCatalog(formats: [("a", "nonsense"), ("sched", Self.text), ("b", "name: only\n")])
        #expect(catalog.events.count == 1)
        #expect(catalog.malformed.map(\.system) == ["a", "b"])
        #expect(catalog.event(named: "sched:sched_switch") != nil)
        #expect(catalog.event(named: "sched_switch") === catalog.event(id: 314))
    }
}
