import SafeText
import SystemFacts
import Testing
import TraceProtocol

@testable import FleetView

struct NodeTextTests {
    private static let second: Int64 = 1_000_000_000

    private static func text() -> NodeText {
        var status = WireNodeStatus()
        status.name = "web-1"
        status.connected = true
        status.connectedSince = 0
        status.clockBoundNs = 61_000
        status.roundTripNs = 120_000
        status.agentCpuPermille = 13
        status.host.traceClock = "mono_raw"
        var report = WireNodeReport()
        report.node = "web-1"
        report.clock.points = (0..<100).map { number in
            .with {
                $0.at = Int64(number) * 10 * second
                $0.boundNs = 1000 * Int64(number)
                $0.driftPpb = -3250
            }
        }
        report.clock.breaks = [.with { $0.reason = "the node was suspended" }]
        var session = WireSessionState()
        session.session = 0xabc
        session.operator = "alice"
        session.events = 2
        session.cpus = [
            .with {
                ($0.recorded, $0.lost, $0.sent, $0.unread) = (1000, 10, 900, 50)
                ($0.unreadBytes, $0.bufferBytes) = (1 << 20, 4 << 20)
            },
            .with { $0.cpu = 1 },
        ]
        report.nodeDescription.sessions = [session]
        report.received = [
            .with {
                $0.session = 0xabc
                $0.cpus = [.with { $0.events = 890 }]
            }
        ]
        report.nodeDescription.log = [
            .with {
                $0.at = 2
                $0.level = "notice"
                $0.text = "second\u{1b}[31m"
            }
        ]
        report.log = [
            .with {
                $0.at = 1
                $0.level = "info"
                $0.text = "first"
            }
        ]
        var named = WireSessionDescription()
        named.session = 0xabc
        named.name = "slow"
        return NodeText(status, report, sessions: [named], rates: [("x:y", 1234)], remark: "")
    }

    @Test("Each CPU's account: events that were recorded, and are not received, lost or unread, are under way")
    func account() {
        let lines = Self.text().recordings()
        #expect(lines[0].hasPrefix("session abc \"slow\" of alice: 2 events"))
        #expect(
            lines[2].split(separator: " ").prefix(7).map(String.init) == ["0", "1000", "890", "10", "50", "50", "25%"])
        #expect(lines[3].split(separator: " ").prefix(6).map(String.init) == ["1", "0", "0", "0", "0", "0"])
    }

    @Test("What waits for the controller, where, and what holds it up")
    func delivery() {
        var vitals = WireVitals()
        (vitals.memoryBytes, vitals.memoryLimit, vitals.credit) = (3_000_000, 64 << 20, 512 << 10)
        #expect(
            vitals.deliveryLines == [
                "  kept: 3.00 MB in memory (67.1 MB for each session), no disk; it may send 524 kB more before the controller "
                    + "has stored some"
            ])
        #expect(vitals.standstill.isEmpty)
        (vitals.spoolBytes, vitals.spoolLimit, vitals.credit) = (20_000_000, 1 << 30, -5)
        (vitals.waitingMs, vitals.spoolFault) = (12_000, "the disk is full")
        let lines = vitals.deliveryLines
        #expect(lines[0].contains("20.0 MB of 1.07 GB on disk; it may send nothing more"))
        #expect(lines.dropFirst().map { $0.prefix { $0 != ":" } } == ["  PAUSED for 12s", "  DISK NOT USED"])
        #expect(vitals.standstill == "paused for 12s")
        vitals.fullMs = 3000
        #expect(vitals.standstill == "full for 3s" && vitals.deliveryLines[2].hasPrefix("  FULL for 3s"))
        var status = Self.text().status
        status.vitals = vitals
        status.vitals.heldBytes = 12_000_000
        let rows = NodeTable.rows([status])
        let column = rows[0].firstIndex(of: "KEPT") ?? 0
        #expect(rows[1][column] == "12.0 MB, full for 3s" && NodeTable.isBad(status))
    }

    @Test("The clock's history is thinned evenly, and ends with the last point; breaks stand below")
    func clock() {
        let lines = Self.text().clock(now: EpochInstant(nanoseconds: 1000 * Self.second))
        #expect(lines[0].hasPrefix("clock mono_raw: ±61us, round trip 120us at best, drift -3.3 ppm"))
        let rows = lines.dropFirst(2).prefix(8).map { $0.split(separator: " ").map(String.init) }
        #expect(rows.map { $0[0] } == ["1000s", "860s", "720s", "580s", "440s", "300s", "160s", "10s"])
        #expect(rows.last?[1] == "±99us")
        #expect(lines.last?.hasSuffix("BREAK: the node was suspended") == true)
    }

    @Test("Lines of both logs in order, without what a terminal would obey when they are printed")
    func log() {
        let lines = Self.text().log()
        #expect(
            lines.dropFirst().map { $0.drop { $0 == " " }.dropFirst(9) } == [
                "controller info: first", "agent notice: second\u{1b}[31m",
            ])
        #expect(lines.last?.safeLine.contains("\u{1b}") == false)
    }

    @Test("A node that could not be asked: only what the controller knows")
    func gone() {
        var text = Self.text()
        text.report.clearNodeDescription()
        text.status.connected = false
        let lines = text.lines(now: EpochInstant(nanoseconds: 0))
        #expect(lines[0].contains("NOT CONNECTED"))
        #expect(!lines.contains { $0.hasPrefix("session") || $0.hasPrefix("BUSIEST") || $0.hasPrefix("no probes") })
        #expect(lines.contains { $0.contains("controller info: first") })
    }

    @Test("Two machines with one certificate are a line below the table, with both addresses, and worth a look")
    func twins() throws {
        var status = WireNodeStatus()
        status.name = "web-1"
        status.connected = true
        #expect(NodeTable.notes([status]).isEmpty)
        status.address = "10.0.0.2"
        status.twin = "10.0.0.3"
        #expect(
            NodeTable.notes([status])
                == ["web-1: two machines use its certificate: 10.0.0.2 is connected, and 10.0.0.3 was refused"])
        #expect(NodeTable.isBad(status))
        let json = try NodeTable.json([status])
        #expect(json[0].contains("\"twin\":\"10.0.0.3\"") && json[0].contains("\"address\":\"10.0.0.2\""))
    }
}
