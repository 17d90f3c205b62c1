import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

struct CountLedgerTests {
    private static func ledger(keys: [String] = [], nodes: Int = 2, perNode: Bool = false) -> CountLedger {
        var order = WireCountRequest()
        order.keys = keys
        order.perNode = perNode
        var ledger = CountLedger(order, nodes: nodes)
        // The nodes number their columns each in its own way.
        for node in 0..<nodes {
            ledger.planned(node, SampleCounts.plan(node.isMultiple(of: 2) ? ["a", "b"] : ["b", "a"]))
        }
        return ledger
    }

    @Test("Nodes' rows of the same event and key are added up, whatever numbers their columns have")
    func merge() throws {
        var ledger = Self.ledger(keys: ["pid"])
        try ledger.receive(
            SampleCounts.totals([SampleCounts.row(0, 5, [.number(1)]), SampleCounts.row(1, 7, [.number(1)])]),
            from: 0)
        try ledger.receive(
            SampleCounts.totals([SampleCounts.row(1, 10, [.number(1)]), SampleCounts.row(1, 3, other: true)]),
            from: 1)
        let report = try #require(ledger.reports(session: 1).last)
        let sums = Dictionary(
            uniqueKeysWithValues: report.merged.map { ("\(report.columns[Int($0.column)]) \($0.other)", $0.count) })
        #expect(sums == ["a false": 15, "b false": 7, "a true": 3])
        // Of each node the sums alone travel.
        #expect(report.nodes.map { $0.totals.rows.map(\.count) } == [[5, 7], [13]])
        #expect(report.nodes.allSatisfy { $0.totals.rows.allSatisfy(\.key.isEmpty) })
        #expect(!ledger.hasNews)
    }

    @Test(
        "Sums are added up over the nodes, and of greatest values the greatest stays; other numbers of them do not fit")
    func values() throws {
        var request = WireCountRequest()
        (request.keys, request.sums, request.maxima) = (["pid"], ["size"], ["size"])
        var ledger = CountLedger(request, nodes: 2)
        for node in [0, 1] { ledger.planned(node, SampleCounts.plan(["a"])) }
        for (node, sum, greatest) in [(0, -5, -2), (1, Int128(1) << 80, -3)] as [(Int, Int128, Int128)] {
            var row = SampleCounts.row(0, 1, [.number(1)])
            (row.sums, row.maxima) = ([WireCountNumber(sum)], [WireCountNumber(greatest)])
            try ledger.receive(SampleCounts.totals([row]), from: node)
        }
        let merged = try #require(ledger.reports(session: 1).last?.merged.first)
        #expect(merged.sums.map(\.number) == [Int128(1) << 80 - 5] && merged.maxima.map(\.number) == [-2])
        #expect(throws: ProtocolError.self) {
            try ledger.receive(SampleCounts.totals([SampleCounts.row(0, 1, [.number(1)])]), from: 0)
        }
    }

    @Test("The latest totals win; those of a node that is lost stay, and final ones are not replaced")
    func latest() throws {
        var ledger = Self.ledger()
        try ledger.receive(SampleCounts.totals([SampleCounts.row(0, 5)], elapsed: 2000), from: 0)
        try ledger.receive(SampleCounts.totals([SampleCounts.row(0, 4)], elapsed: 1000), from: 0)
        ledger.set(1, .silent, "gone")
        try ledger.finish(0, SampleCounts.totals([SampleCounts.row(0, 9)], elapsed: 3000), reason: "")
        try ledger.receive(SampleCounts.totals([SampleCounts.row(0, 8)], elapsed: 4000), from: 0)
        ledger.set(0, .gone, "late")
        let report = try #require(ledger.reports(session: 1).last)
        #expect(report.nodes.map(\.state) == [.finished, .silent])
        #expect(report.nodes[0].totals.rows.map(\.count) == [9])
        #expect(report.nodes[1].reason == "gone")
    }

    @Test("Rows that do not fit what was ordered and planned are a fault of the sender")
    func hostile() throws {
        var ledger = Self.ledger(keys: ["pid"])
        let bad = [
            SampleCounts.row(2, 1, [.number(1)]), SampleCounts.row(0, 1),
            SampleCounts.row(0, 1, [.number(1), .number(2)]),
            SampleCounts.row(0, 1, [.number(1)], other: true), SampleCounts.row(0, 1, [WireCountKey()]),
            SampleCounts.row(0, 1, [.text(String(repeating: "x", count: 256))]),
        ]
        for row in bad {
            #expect(throws: ProtocolError.self) { try ledger.receive(SampleCounts.totals([row]), from: 0) }
        }
        #expect(!ledger.hasNews)
    }

    @Test("Many rows go in pieces that fit into a frame, and each node is in one of them")
    func pieces() throws {
        var ledger = Self.ledger(keys: ["comm"], perNode: true)
        let rows = (0..<60_000).map { SampleCounts.row(0, 1, [.text("\($0)" + String(repeating: "x", count: 200))]) }
        try ledger.receive(SampleCounts.totals(rows), from: 0)
        try ledger.receive(SampleCounts.totals(rows), from: 1)
        let reports = ledger.reports(session: 1)
        #expect(reports.count == 3)
        #expect(reports.flatMap(\.nodes).map(\.node) == [0, 1])
        for report in reports { #expect(try report.serializedData().count < FrameType.countReport.maximumBody) }
    }
}
