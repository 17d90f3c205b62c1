import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("A count, as nodes and its operator see it")
struct CountedSessionTests {
    private static func totals(_ count: UInt64, number: UInt64) -> WireCountTotals {
        SampleCounts.totals([SampleCounts.row(0, count)], elapsed: number * 1_000_000_000, number: number)
    }

    /// A count of one event on two nodes, once a second.
    private func count() throws -> (EmbeddedController, [EmbeddedNode], EmbeddedOperator, UInt64) {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        try ann.open { $0.count.intervalMs = 1000 }
        for node in nodes { try node.prepare(count: SampleCounts.plan(["x"])) }
        for node in nodes { try node.start() }
        return (fleet, nodes, ann, try ann.opened().session)
    }

    private func counts(_ reports: [WireCountReport]) -> [[UInt64]] {
        reports.map { $0.nodes.map { $0.totals.rows.first?.count ?? 0 } }
    }

    @Test("Totals of one interval go out together when the last node's have come, or 20 ms after the first")
    func cadence() throws {
        let (fleet, nodes, ann, session) = try count()
        for second in 1...3 as ClosedRange<UInt64> {
            fleet.advance(.seconds(1))
            try nodes[0].sendCounts(session, Self.totals(second * 10, number: second))
            #expect(try ann.countReports().isEmpty)
            try nodes[1].sendCounts(session, Self.totals(second * 100, number: second))
            #expect(try counts(ann.countReports()) == [[second * 10, second * 100]])
        }
        fleet.advance(.seconds(1))
        try nodes[0].sendCounts(session, Self.totals(40, number: 4))
        #expect(try ann.countReports().isEmpty)
        fleet.advance(.milliseconds(50))
        #expect(try counts(ann.countReports()) == [[40]])
    }

    @Test("Totals that come faster than half the interval are dropped")
    func tooFast() throws {
        let (fleet, nodes, ann, session) = try count()
        fleet.advance(.seconds(1))
        for node in nodes { try node.sendCounts(session, Self.totals(1, number: 1)) }
        fleet.advance(.milliseconds(400))
        for node in nodes { try node.sendCounts(session, Self.totals(2, number: 2)) }
        #expect(try counts(ann.countReports()) == [[1, 1]])
    }

    @Test("A slow operator gets fewer reports, and the final totals all the same")
    func slow() throws {
        let (fleet, nodes, ann, session) = try count()
        ann.setWritable(false)
        for second in 1...3 as ClosedRange<UInt64> {
            fleet.advance(.seconds(1))
            for node in nodes { try node.sendCounts(session, Self.totals(second, number: second)) }
        }
        #expect(try ann.countReports().isEmpty)
        ann.setWritable(true)
        #expect(try counts(ann.countReports()) == [[3, 3]])
        ann.setWritable(false)
        try ann.request(.stopSession(.with { $0.session = session }))
        for node in nodes {
            #expect(try ann.streamEnds().isEmpty)
            try node.sendFinish(session, counts: Self.totals(7, number: 4))
            #expect(try node.acknowledged() == [1])
        }
        let reports = try ann.countReports()
        #expect(counts(reports) == [[7, 7]])
        #expect(reports[0].nodes.map(\.state) == [.finished, .finished])
        #expect(try ann.streamEnds().map(\.problem) == [""])
        // Nothing was stored.
        #expect(fleet.sessionCount() == 0 && fleet.storage.closed.isEmpty)
    }

    @Test("A node that is lost counts as silent until it is back; one that does not come back is gone at the end")
    func lost() throws {
        let (fleet, nodes, ann, session) = try count()
        nodes[0].disconnect()
        fleet.advance(.milliseconds(50))
        #expect(try ann.countReports().flatMap(\.nodes).map(\.state) == [.silent])
        try nodes[0].connect(holding: [session])
        fleet.advance(.milliseconds(50))
        #expect(try ann.countReports().flatMap(\.nodes).map(\.state) == [.counting])
        nodes[0].disconnect()
        try ann.request(.stopSession(.with { $0.session = session }))
        try nodes[1].sendFinish(session, counts: Self.totals(7, number: 1))
        fleet.advance(.seconds(7))
        let last = try #require(try ann.countReports().flatMap(\.nodes).last { $0.node == 0 })
        #expect(last.state == .gone && last.reason == "the node was gone when the session stopped")
        #expect(try ann.streamEnds().count == 1)
    }

    @Test("An agent that knows no counts is refused and told to discard")
    func tooOld() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet)
        try ann.open { $0.count.intervalMs = 1000 }
        try nodes[0].prepare()
        #expect(try nodes[0].commands().map(\.action).contains(.discard(WireDiscard())))
        #expect(try ann.opened().replies.map(\.refusal.text) == ["its agent is too old to count"])
    }

    @Test("Totals for a session that records end the connection")
    func ofNoCount() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        try nodes[0].sendCounts(session, Self.totals(1, number: 1))
        #expect(!nodes[0].channel.isActive)
    }
}
