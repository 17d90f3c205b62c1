import FleetView
import SystemFacts
import Testing
import TraceProtocol

@Suite("The sessions that a controller has")
struct SessionTableTests {
    private static let now = EpochInstant(nanoseconds: 1_000_000_000_000_000)

    private static func session(_ id: UInt64, ago: Int64, _ change: (inout WireSessionDescription) -> Void)
        -> WireSessionDescription
    {
        .with {
            $0.session = id
            $0.operator = "alice"
            $0.created = now.nanoseconds - ago * 1_000_000_000
            $0.nodes = ["a", "b"]
            $0.events = ["sched", "irq"]
            $0.state = "recording"
            change(&$0)
        }
    }

    private static let sessions = [
        session(0x4f06, ago: 119) { _ in },
        session(0xbeef, ago: 7199) {
            $0.name = "weekly"
            $0.detached = true
            $0.storedBytes = 12_300_000
        },
        session(0xfeed, ago: 3 * 86_400) {
            $0.name = "s1"
            $0.private = true
            $0.state = "incomplete: node a: no record for 1.5 s: the agent was restarted"
            $0.ended = now.nanoseconds - 3600 * 1_000_000_000
            $0.storedBytes = 999
        },
    ]

    @Test("A row for each: who, in which state, how large and how old")
    func rows() {
        #expect(
            TextTable.lines(SessionTable.rows(Self.sessions, now: Self.now)) == [
                "SESSION  NAME    OPERATOR  SEEN BY        STATE                NODES  SIZE     AGE   EVENTS",
                "4f06             alice     all            recording            2      -        119s  sched irq",
                "beef     weekly  alice     all            recording, detached  2      12.3 MB  119m  sched irq",
                "feed     s1      alice     owner, admins  incomplete           2      999 B    3d    sched irq",
            ])
    }

    @Test("As JSON, with the whole state")
    func json() throws {
        let lines = try SessionTable.json(Self.sessions)
        #expect(lines.count == 3)
        #expect(lines[1].contains(#""detached":true"#) && lines[1].contains(#""running":true"#))
        #expect(!lines[1].contains("ended_ns"))
        #expect(lines[2].contains(#""running":false"#) && lines[2].contains("the agent was restarted"))
        #expect(lines[2].contains(#""ended_ns":"996400000000000""#), "\(lines[2])")
    }

    @Test("A session is called by the name that it was given as its own, otherwise by its number")
    func calling() {
        #expect(Self.sessions.map(\.calling) == ["4f06", "weekly", "feed"])
        #expect(Self.sessions.map(\.isRunning) == [true, true, false])
    }
}
