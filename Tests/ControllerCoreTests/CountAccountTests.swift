import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Accounts: a session that counts")
struct CountAccountTests {
    let fleet: EmbeddedController
    let nodes: [EmbeddedNode]
    let ann: EmbeddedOperator
    let session: UInt64

    /// A count on two nodes that has run for five seconds.
    init() throws {
        fleet = EmbeddedController()
        nodes = try fleet.connectNodes(["a", "b"])
        ann = try EmbeddedOperator(fleet)
        try ann.open { $0.count.intervalMs = 1000 }
        for node in nodes { try node.prepare(count: SampleCounts.plan(["x"])) }
        for node in nodes { try node.start() }
        session = try ann.opened().session
        fleet.advance(.seconds(5))
        for node in nodes { try node.sendCounts(session, Self.totals(at: node.clock)) }
        _ = try ann.countReports()
    }

    private static func totals(at time: Int64 = 0) -> WireCountTotals {
        var totals = SampleCounts.totals([SampleCounts.row(0, 7)], elapsed: 5_000_000_000, number: 5)
        totals.at = time
        return totals
    }

    /// Stops the session; node b ends its part as it should.
    private func stopAndFinishB() throws {
        try ann.request(.stopSession(.with { $0.session = session }))
        try nodes[1].sendFinish(session, counts: Self.totals())
    }

    /// What the operator knows of node a in the end.
    private func last() throws -> WireNodeCounts? {
        try ann.countReports().flatMap(\.nodes).last { $0.node == 0 }
    }

    @Test("Both stop when they are told to")
    func whole() throws {
        try stopAndFinishB()
        try nodes[0].sendFinish(session, counts: Self.totals())
        let counts = try #require(try last())
        #expect(counts.state == .finished && counts.gaps.isEmpty && counts.reason == "")
    }

    @Test("A node ends early: the operator hears it at once, and for how long in the end")
    func early() throws {
        let begin = fleet.now.nanoseconds
        try nodes[0].sendFinish(session, counts: Self.totals()) { $0.stopped.before = nodes[0].clock }
        fleet.advance(.milliseconds(50))
        let first = try #require(try last())
        #expect(first.state == .finished && first.gaps.map { [$0.from, $0.to] } == [[begin, 0]])
        fleet.advance(.seconds(2))
        try stopAndFinishB()
        #expect(try last()?.gaps.map(\.summary) == ["no record for 2.050 s: it ended before it was told to"])
    }

    @Test("A lease that ran out")
    func lease() throws {
        nodes[0].disconnect()
        fleet.advance(.seconds(60))
        let stopped = nodes[0].clock
        fleet.advance(.seconds(30))
        try nodes[0].connect(holding: [session])
        try nodes[0].sendFinish(session, counts: Self.totals(), reason: "nothing heard") {
            $0.stopped.before = stopped
        }
        try stopAndFinishB()
        #expect(try last()?.gaps.map(\.summary) == ["no record for 30.000 s: nothing heard"])
    }

    @Test("The agent is restarted, or never comes back: a gap from its last totals", arguments: [true, false])
    func gone(isRestarted: Bool) throws {
        nodes[0].disconnect()
        if isRestarted { try nodes[0].connect(incarnation: "second") }
        fleet.advance(.seconds(3))
        try stopAndFinishB()
        fleet.advance(.seconds(7))
        let counts = try #require(try last())
        #expect(counts.state == .gone)
        #expect(counts.gaps.map(\.lengthText) == ["3.000 s"])
        #expect(try ann.streamEnds().count == 1)
    }

    @Test("A node that could not count all that its kernel recorded says so")
    func incomplete() throws {
        try stopAndFinishB()
        try nodes[0].sendFinish(session, counts: Self.totals()) { $0.incomplete = true }
        let counts = try #require(try last())
        #expect(counts.state == .finished && counts.reason == "it could not count all that its kernel recorded")
    }
}

@Suite("Accounts: a count whose node does not start")
struct CountStartAccountTests {
    @Test("A node that was prepared and refuses to start is missed from the start, and the operator hears it")
    func declined() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        try ann.open { $0.count.intervalMs = 1000 }
        for node in nodes { try node.prepare(count: SampleCounts.plan(["x"])) }
        try nodes[0].reply(to: nodes[0].command(), .refusal(WireRefusal(.io, "no")))
        try nodes[1].start()
        let session = try ann.opened().session
        fleet.advance(.seconds(3))
        try ann.request(.stopSession(.with { $0.session = session }))
        try nodes[1].sendFinish(session, counts: SampleCounts.totals([SampleCounts.row(0, 7)]))
        let last = try ann.countReports().flatMap(\.nodes).last { $0.node == 0 }
        #expect(last?.state == .gone && last?.gaps.map(\.summary) == ["no record for 2.950 s: no"])
    }
}
