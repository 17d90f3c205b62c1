import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Which session a request means")
struct SessionLookupTests {
    private static func session(_ id: UInt64, _ name: String = "", detached: Bool = false) -> WireSessionDescription {
        .with {
            $0.session = id
            $0.name = name
            $0.operator = "ann"
            $0.detached = detached
        }
    }

    private let lookup = SessionLookup(visible: [
        session(0xabcd_0001, "nightly", detached: true), session(0xabcd_0002, "nightly"), session(0xbeef_0003, "beef"),
        session(0xbeef_0004, "s"), session(0xcafe_0005, "s"),
    ])

    @Test(
        "By id, by name, and by how an id begins; a detached session's name comes first",
        arguments: [
            (0xabcd_0002, "", 0xabcd_0002), (0xabcd_0002, "beef", 0xabcd_0002), (0, "nightly", 0xabcd_0001),
            (0, "beef", 0xbeef_0003), (0, "cafe", 0xcafe_0005), (0, "abcd0002", 0xabcd_0002),
        ] as [(UInt64, String, UInt64)])
    func found(_ id: UInt64, _ name: String, _ expected: UInt64) throws {
        #expect(try lookup.find(id, name, "running").session == expected)
    }

    @Test(
        "What is not there, and what is several, is refused",
        arguments: [
            (7, "", "no session 7 is running"), (0, "", "no session  is running"),
            (0, "caf", "no session caf is running"),
            (0, "abcd", "\"abcd\" is 2 sessions: abcd0001, abcd0002 (state an id)"),
            (0, "s", "\"s\" is 2 sessions: beef0004, cafe0005 (state an id)"),
        ] as [(UInt64, String, String)])
    func refused(_ id: UInt64, _ name: String, _ text: String) {
        #expect(throws: WireRefusal(.noSuchSession, text)) { try lookup.find(id, name, "running") }
    }

    @Test("A detached session's name is free, and a name")
    func names() throws {
        try lookup.check(nameOfDetached: "")
        try lookup.check(nameOfDetached: "n\u{e4}chtlich-2")
        for name in ["a b", "a/b", "a\n", "\u{202e}x", String(repeating: "x", count: 101)] {
            #expect(throws: WireRefusal.self) { try lookup.check(nameOfDetached: name) }
        }
        let taken = #expect(throws: WireRefusal.self) { try lookup.check(nameOfDetached: "s") }
        #expect(taken?.text.hasPrefix("session beef0004 of operator ann has the name s") == true)
    }
}
