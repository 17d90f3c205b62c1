import Testing
import TraceClock
import TraceProtocol

@testable import Timeline

@Suite("The account as people read it, and gaps as lines of the timeline")
struct AccountLinesTests {
    private typealias Node = SessionAccount.Node

    /// Node a is whole, node b has a gap, of node c nothing is known.
    private static func account() -> SessionAccount {
        func cpu(_ recorded: UInt64?, _ received: UInt64, _ lost: UInt64?) -> SessionAccount.CPU {
            SessionAccount.CPU(cpu: 0, received: received, recorded: recorded, lost: lost)
        }
        return SessionAccount(nodes: [
            Node(name: "a", cpus: [cpu(5, 3, 2)], hasTotals: true),
            Node(
                name: "b", cpus: [cpu(4, 4, 0)], hasTotals: true,
                gaps: [WireRecordingGap(from: 1_500_000_000, to: 3_000_000_000, "the agent was stopped")]),
            Node(
                name: "c", cpus: [cpu(nil, 7, nil)], hasTotals: false,
                gaps: [WireRecordingGap(from: 2_000_000_000, to: nil, "it was killed")]),
        ])
    }

    @Test("Lines: what is not known is not summed, and the total says that it is not complete")
    func lines() {
        #expect(
            Self.account().lines() == [
                "a  recorded 5 = received 3 + lost 2",
                "b  recorded 4 = received 4 + lost 0",
                "b  no record from 1.500000000 to 3.000000000 (1.500 s): the agent was stopped",
                "c  recorded ? = received 7 + lost ?",
                "c  no record from 2.000000000 to the end: it was killed",
                "total: 14 events received, at least 2 lost (not known of c); NOT COMPLETE: 2 problems",
            ])
    }

    @Test("The summary has the same gaps and the same total")
    func table() {
        let (lines, table) = (Self.account().lines(), Self.account().table())
        #expect(table.last == lines.last)
        #expect(
            table.filter { $0.contains("no record") }.map { $0.split(separator: " ") }
                == lines.filter { $0.contains("no record") }.map { $0.split(separator: " ") })
        #expect(Self.account().state.hasPrefix("incomplete: node b: no record for 1.500 s: the agent was stopped; "))
    }

    @Test("What was lost with an agent that died stands in the lines, the summary and the total")
    func lostAtAgent() {
        var node = Node(
            name: "a",
            cpus: [
                SessionAccount.CPU(cpu: 0, received: 3, recorded: 8, lost: 1, lostAtAgent: 4, totalLostAtAgent: 4)
            ], hasTotals: true)
        node.losses = [
            .with {
                $0.events = 4
                $0.from = 1_500_000_000
                $0.to = 2_000_000_000
                $0.reason = "it died"
            }
        ]
        let account = SessionAccount(nodes: [node])
        let loss = "a  lost at agent: 4 events of CPU 0 from 1.500000000 to 2.000000000: it died"
        let total = "total: 3 events received, 1 lost, 4 lost at agents; NOT COMPLETE: 1 problem"
        #expect(account.lines() == ["a  recorded 8 = received 3 + lost 1 + lost at agent 4", loss, total])
        let words = account.table().map { $0.split(separator: " ").joined(separator: " ") }
        #expect(words[1] == "a 0 8 3 1 + lost at agent 4" && words.last == total)
        #expect(words.contains { $0.hasPrefix("a lost at agent: 4 events of CPU 0") })
    }

    @Test("A node that sent nothing at all has a row, too")
    func silentNode() {
        let account = SessionAccount(nodes: [Node(name: "a", cpus: [], hasTotals: false, end: "gone")])
        #expect(account.table()[1].split(separator: " ") == ["a", "-", "?", "0", "?"])
        #expect(
            account.lines().last
                == "total: 0 events received, at least 0 lost (not known of a); NOT COMPLETE: 1 problem")
    }

    @Test("A whole session of one node needs no total; one of two has the usual one")
    func whole() {
        let node = Node(
            name: "a", cpus: [SessionAccount.CPU(cpu: 0, received: 1, recorded: 1, lost: 0)], hasTotals: true)
        #expect(SessionAccount(nodes: [node]).lines().count == 1)
        #expect(SessionAccount(nodes: [node, node]).lines().last == "total: 2 events received, 0 lost")
    }

    private static func line(_ gap: WireRecordingGap, _ format: OutputFormat) -> String {
        line(.gap(gap), at: gap.from, format)
    }

    private static func line(_ notice: TimelineNotice, at time: Int64, _ format: OutputFormat) -> String {
        let layout = TimelineLayout(
            format: format, filter: TimelineFilter(), nodes: ["a", "b"], epochOffset: nil, output: nil)
        var lines = LineWriter(layout)
        lines.append(notice, node: 1, at: time)
        return String(decoding: lines.text.bytes, as: UTF8.self)
    }

    @Test("A gap in every format", arguments: [OutputFormat.default, .ftrace])
    func comment(format: OutputFormat) {
        let closed = WireRecordingGap(from: 1_500_000_000, to: 3_000_000_000, "a\u{1B}reason")
        #expect(
            Self.line(closed, format)
                == "# 1.500000000 b: no record from here until 3.000000000 (1.500 s): a?reason\n")
        let open = WireRecordingGap(from: 1_500_000_000, to: nil, "reason")
        #expect(Self.line(open, format) == "# 1.500000000 b: no record from here on: reason\n")
    }

    @Test("A gap in JSON")
    func json() {
        let gap = WireRecordingGap(from: 1_500_000_000, to: nil, "reason", isTolerated: true)
        #expect(
            Self.line(gap, .json)
                == "{\"type\":\"gap\",\"time_ns\":null,\"clock_ns\":\"1500000000\",\"to_ns\":null,\"tolerated\":true,"
                + "\"node\":\"b\",\"text\":\"reason\"}\n")
    }

    @Test("A clock break in every format")
    func clockBreakLines() {
        var clock = LiveClock()
        for (time, agent) in [(0, 0), (1_000_000_000, 1_200_000_000)] as [(Int64, Int64)] {
            _ = clock.observe(ClockProbe(t1: time, t2: agent + 500, t3: agent + 500, t4: time + 1000))
        }
        guard let found = clock.breaks.first else { return #expect(clock.breakCount == 1) }
        let closed = ClockBreakSpan(found) { $0 }
        for format in [OutputFormat.default, .ftrace] {
            #expect(
                Self.line(.clockBreak(closed), at: closed.place, format)
                    == "# 0.000000500 b: clock break: from here until 1.200000500 only messages bound its times: "
                    + "\(found.reason)\n")
        }
        #expect(
            Self.line(.clockBreak(closed), at: closed.place, .json)
                == "{\"type\":\"clock_break\",\"time_ns\":null,\"clock_ns\":\"500\",\"to_ns\":\"1200000500\","
                + "\"node\":\"b\",\"text\":\"\(found.reason)\"}\n")
        clock.declareBreak(.traceClockParted("it has another clock"), after: 1_300_000_000)
        let open = clock.breaks.last.map { ClockBreakSpan($0) { $0 } }
        #expect(
            open.map { Self.line(.clockBreak($0), at: $0.place, .default) }
                == "# 1.300000000 b: clock break: from here on only messages bound its times: it has another clock\n")
    }

    @Test("What was lost with an agent, in every format")
    func lossLines() {
        let loss = WireEventLoss.with {
            $0.cpu = 3
            $0.events = 7
            $0.from = 1_500_000_000
            $0.to = 2_000_000_000
            $0.reason = "it died"
        }
        for format in [OutputFormat.default, .ftrace] {
            #expect(
                Self.line(.lostAtAgent(loss), at: loss.from, format)
                    == "# 1.500000000 b: LOST 7 events of CPU 3 at the agent, from here until 2.000000000: it died\n")
        }
        #expect(
            Self.line(.lostAtAgent(loss), at: loss.from, .json)
                == "{\"type\":\"lost\",\"time_ns\":null,\"clock_ns\":\"1500000000\",\"to_ns\":\"2000000000\","
                + "\"node\":\"b\",\"cpu\":3,\"count\":7,\"at_agent\":true,\"text\":\"it died\"}\n")
        var unknown = loss
        unknown.from = 0
        #expect(
            Self.line(.lostAtAgent(unknown), at: loss.to, .default)
                == "# 2.000000000 b: LOST 7 events of CPU 3 at the agent, up to here: it died\n")
    }
}
