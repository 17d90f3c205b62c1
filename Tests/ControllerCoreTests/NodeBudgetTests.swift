import NIOCore
import Quotas
import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("A node that sends more than it may loses its connection, and its sessions say why")
struct NodeBudgetTests {
    /// The reason in the node's Goodbye.
    private func goodbye(_ node: EmbeddedNode) throws -> WireGoodbye? {
        try node.frames(.goodbye).first?.message()
    }

    /// Sends frames until the node is thrown out.
    private func flood(_ node: EmbeddedNode, _ frame: Frame, atMost limit: Int) throws -> WireGoodbye? {
        for _ in 0..<limit {
            try node.send(frame)
            if let goodbye = try goodbye(node) { return goodbye }
        }
        return nil
    }

    @Test(
        "Floods of frames that cost no credit",
        arguments: [
            (FrameType.ping, 65, "pings"), (.pong, 65, "pings"), (.vitals, 65, "Vitals"),
            (FrameType(rawValue: 0x7e), 1025, "unknown types"),
        ])
    func flood(_ type: FrameType, _ limit: Int, _ what: String) throws {
        let fleet = EmbeddedController()
        let node = try fleet.connectNodes(["a"])[0]
        let goodbye = try flood(node, Frame(type, ByteBuffer()), atMost: limit)
        #expect(goodbye?.reason == .overBudget)
        #expect(goodbye?.text.contains(what) == true)
    }

    @Test("Replies to no command, and to no probe")
    func unasked() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let reply = try Frame(.commandReply, WireCommandReply.with { $0.request = 5 })
        #expect(try flood(nodes[0], reply, atMost: 600)?.text.contains("replies to no command") == true)
        let clock = ClockReplyFrame(id: 0, probeSent: 0, received: 0, sent: 0).frame()
        #expect(try flood(nodes[1], clock, atMost: 600)?.text.contains("clock replies to no probe") == true)
    }

    @Test("A reply that nobody waits for is not even decoded")
    func unaskedGarbage() throws {
        let fleet = EmbeddedController()
        let node = try fleet.connectNodes(["a"])[0]
        // Request 5, and a text that is cut.
        try node.send(Frame(.commandReply, ByteBuffer(bytes: [0x08, 0x05, 0x3a, 0x7f])))
        #expect(try goodbye(node) == nil)
    }

    @Test("Watermarks and totals of sessions that are not there, and ever new ones")
    func strays() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let watermark = Watermark(session: 7, entries: []).frame()
        #expect(try flood(nodes[0], watermark, atMost: 20_000)?.text.contains("without credit") == true)
        var thrown: WireGoodbye?
        for session in UInt64(1)...600 where thrown == nil {
            nodes[1].sequence = 0
            try nodes[1].sendBatch(session)
            thrown = try goodbye(nodes[1])
        }
        #expect(thrown?.text.contains("sessions that are not there") == true)
    }

    @Test("What is left over comes back with time, not with a new connection")
    func reconnect() throws {
        let fleet = EmbeddedController()
        let node = try fleet.connectNodes(["a"])[0]
        let ping = Frame(.ping, ByteBuffer())
        _ = try flood(node, ping, atMost: 65)
        try node.connect()
        #expect(try flood(node, ping, atMost: 2) != nil)
        fleet.advance(.seconds(60), turn: .seconds(1))
        try node.connect()
        #expect(try flood(node, ping, atMost: 60) == nil)
    }

    @Test("The session of a node that was thrown out says why; an honest one beside it goes on")
    func reason() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        _ = try flood(nodes[0], Frame(.ping, ByteBuffer()), atMost: 65)
        try nodes[1].sendBatch(session)
        fleet.loop.run()
        let records = try ann.records()
        let lost = try records[0]?.compactMap { record in
            record.frame.type == .nodeNote ? try record.frame.message(WireNodeNote.self) : nil
        }.first { $0.kind == .lost }
        #expect(lost?.text.contains("pings") == true)
        #expect(records[1]?.count(of: .batch) == 1)
    }

    @Test("Totals cost credit when both sides know that, and it comes back")
    func countCredit() throws {
        let fleet = EmbeddedController()
        let node = try fleet.connectNodes(["a"])[0]
        let granted = { try node.frames(.credit).map { try CreditGrant($0).bytes } }
        _ = try granted()
        let frame = try Frame(.counts, WireCountTotals.with { $0.session = 7 })
        try node.send(frame)
        #expect(try granted().isEmpty, "not agreed on")
        try node.connect(capabilities: [Negotiation.Capability.countCredit])
        _ = try granted()
        try node.send(frame)
        #expect(try granted() == [frame.body.readableBytes])
    }

    @Test("Totals with more rows than were asked for are not decoded")
    func rows() throws {
        let fleet = EmbeddedController()
        let node = try fleet.connectNodes(["a"])[0]
        let ann = try EmbeddedOperator(fleet)
        try ann.open { $0.count.keys = ["pid"] }
        try node.prepare(count: .with { $0.columns = [.with { $0.event = "sched" }] })
        try node.start()
        let session = try ann.opened().session
        fleet.advance(.seconds(1))
        let totals = WireCountTotals.with { $0.rows = Array(repeating: WireCountRow(), count: 40_000) }
        try node.sendCounts(session, totals)
        #expect(try goodbye(node)?.text.contains("parts") == true)
    }
}
