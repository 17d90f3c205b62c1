import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Operators that read a session: several, slow ones, and ones that leave")
struct AttachmentTests {
    @Test("A second operator gets the whole session; that it leaves changes nothing for the first")
    func twoOperators() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet, name: "ann")
        let session = try ann.record(on: nodes)
        try nodes[0].sendBatch(session)
        let bob = try EmbeddedOperator(fleet, name: "bob")
        try bob.request(.attachSession(.with { $0.session = session }))
        guard case .attached(let description) = try bob.reply() else { throw Unexpected(text: "not attached") }
        #expect(description.operator == "ann" && description.nodes == ["a"])
        try nodes[0].sendBatch(session)
        #expect(try bob.records()[0]?.count(of: .batch) == 2)
        bob.disconnect()
        try nodes[0].sendBatch(session)
        #expect(try ann.records()[0]?.count(of: .batch) == 3)
        #expect(try nodes[0].commands().isEmpty)
    }

    @Test("Its owner leaves: the session stops, and the other reads it to the end")
    func ownerLeaves() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet, name: "ann")
        let session = try ann.record(on: nodes)
        let bob = try EmbeddedOperator(fleet, name: "bob")
        try bob.request(.attachSession(.with { $0.session = session }))
        _ = try bob.reply()
        ann.disconnect()
        guard case .stop = try nodes[0].command().action else { throw Unexpected(text: "no stop") }
        try nodes[0].sendFinish(session)
        #expect(try bob.records()[0]?.count(of: .finish) == 1)
        #expect(try bob.streamEnds().map(\.problem) == [""] && fleet.sessionCount() == 0)
    }

    @Test("A slow operator is held back, others are not; it gets everything when it can, also after the end")
    func slow() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet, name: "ann")
        let session = try ann.record(on: nodes)
        let bob = try EmbeddedOperator(fleet, name: "bob")
        try bob.request(.attachSession(.with { $0.session = session }))
        _ = try bob.records()
        bob.setWritable(false)
        for node in nodes { for _ in 0..<10 { try node.sendBatch(session, bytes: 100_000) } }
        // Nodes are not held up by it: everything is acknowledged and granted again.
        for node in nodes { #expect(try node.acknowledged().last == 10) }
        #expect(try bob.records().isEmpty)
        #expect(try ann.records().values.map { $0.count(of: .batch) } == [10, 10])
        try ann.request(.stopSession(.with { $0.session = session }))
        for node in nodes { try node.sendFinish(session) }
        #expect(try ann.streamEnds().count == 1 && bob.streamEnds().isEmpty)
        #expect(fleet.sessionCount() == 1)
        bob.setWritable(true)
        // Frames of a bounded size, and no record twice.
        let chunks = try bob.frames(.logChunk).map { try LogChunk($0) }
        #expect(chunks.count >= 8 && chunks.allSatisfy { $0.records.readableBytes <= 256 << 10 })
        #expect(try bob.streamEnds().map(\.problem) == [""])
        #expect(fleet.sessionCount() == 0)
    }

    @Test("A slow operator that leaves after the end lets go of the session")
    func slowLeaves() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet, name: "ann")
        let session = try ann.record(on: nodes)
        ann.setWritable(false)
        try ann.request(.stopSession(.with { $0.session = session }))
        try nodes[0].sendFinish(session)
        #expect(fleet.sessionCount() == 1)
        ann.disconnect()
        #expect(fleet.sessionCount() == 0 && fleet.storage.closed.map(\.state) == ["complete"])
    }

    @Test("An operator that reads nothing for half an hour after the end lets go of the session too")
    func neverReads() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet, name: "ann")
        let session = try ann.record(on: nodes)
        ann.setWritable(false)
        fleet.advance(.seconds(2_000), turn: .milliseconds(500))
        try ann.request(.stopSession(.with { $0.session = session }))
        try nodes[0].sendFinish(session)
        fleet.advance(.seconds(1_700), turn: .milliseconds(500))
        #expect(fleet.sessionCount() == 1)
        fleet.advance(.seconds(120), turn: .milliseconds(500))
        #expect(fleet.sessionCount() == 0)
        #expect(try ann.streamEnds().map(\.problem) == ["nothing was read of the ended session for 30 min"])
    }

    @Test("What is no running session, and what is a count, cannot be attached to")
    func refused() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet, name: "ann")
        try ann.request(.attachSession(.with { $0.session = 0xab }))
        #expect(try ann.reply() == .refusal(WireRefusal(.noSuchSession, "no session ab is running or stored")))
        try ann.open { $0.count.intervalMs = 100 }
        try nodes[0].prepare(count: SampleCounts.plan(["x"]))
        try nodes[0].start()
        let session = try ann.opened().session
        try ann.request(.attachSession(.with { $0.session = session }))
        guard case .refusal(let refusal) = try ann.reply() else { throw Unexpected(text: "no refusal") }
        #expect(refusal.code == .unsupported && refusal.text.hasSuffix("is a count: only its own operator reads it"))
    }
}
