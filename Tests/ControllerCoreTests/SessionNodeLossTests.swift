import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Nodes that are lost while they record, and come back")
struct SessionNodeLossTests {
    @Test("A node is lost and comes back: it goes on behind what is durable, and its log says so")
    func returns() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        for _ in 0..<3 { try nodes[0].sendBatch(session) }
        #expect(try nodes[0].acknowledged() == [1, 2, 3])
        fleet.storage.isBusy = true
        try nodes[0].sendBatch(session)
        nodes[0].disconnect()
        fleet.advance(.seconds(5))
        let points = try nodes[0].connect(holding: [session, 99])
        #expect(points.map(\.session) == [session, 99])
        #expect(points.map(\.acknowledged) == [3, 0] && points.map(\.unknown) == [false, true])
        fleet.storage.isBusy = false
        #expect(try nodes[0].acknowledged() == [4])
        let log = try #require(try ann.records()[0])
        #expect(log.notes == [.joined, .started, .lost, .returned] && log.count(of: .batch) == 4)
    }

    @Test("What an agent sends again is not stored twice; a hole ends the connection")
    func sequence() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        try nodes[0].sendBatch(session)
        nodes[0].sequence = 0
        try nodes[0].sendBatch(session)
        #expect(try ann.records()[0]?.count(of: .batch) == 1)
        nodes[0].sequence = 2
        try nodes[0].sendBatch(session)
        let goodbye = try #require(try nodes[0].frames(.goodbye).first).message(WireGoodbye.self)
        #expect(goodbye.text == "\(ProtocolError.sequenceGap(expected: 2, got: 3))" && !nodes[0].channel.isActive)
    }

    @Test("The agent was restarted: its part is over, and the session ends as incomplete")
    func restarted() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        nodes[0].disconnect()
        #expect(try nodes[0].connect(incarnation: "second").isEmpty)
        #expect(try ann.records()[0]?.notes == [.joined, .started, .lost, .restarted])
        try ann.request(.stopSession(.with { $0.session = session }))
        #expect(try nodes[0].commands().isEmpty)
        try nodes[1].sendFinish(session)
        #expect(try ann.streamEnds().map(\.session) == [session])
        #expect(
            fleet.storage.closed.map(\.state) == [
                "incomplete: node a: its totals are not known: the agent was restarted; what it had not sent is gone"
            ])
    }

    @Test("The same agent no longer has the session")
    func forgotten() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        _ = try ann.record(on: nodes)
        nodes[0].disconnect()
        try nodes[0].connect()
        #expect(try ann.records()[0]?.notes == [.joined, .started, .lost, .gaveUp])
    }

    @Test("A node that connects twice is served on the newer connection, and its older one is told why it ends")
    func replaced() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let again = try EmbeddedNode("a", fleet)
        #expect(try nodes[0].frames(.goodbye).first?.message(WireGoodbye.self).reason == .replaced)
        #expect(!nodes[0].channel.isActive && again.channel.isActive)
    }

    @Test("A stop that was commanded while the node was away is commanded again when it is back")
    func stopAgain() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        nodes[0].disconnect()
        try ann.request(.stopSession(.with { $0.session = session }))
        try nodes[0].connect(holding: [session])
        #expect(try nodes[0].command().action == .stop(WireStop()))
        try nodes[0].sendFinish(session)
        #expect(try ann.streamEnds().map(\.problem) == [""])
        #expect(fleet.storage.closed.map(\.state) == ["complete"])
    }

    @Test("A node that goes on with a session that is over is told to discard it, once")
    func stray() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        for _ in 0..<3 { try nodes[0].sendBatch(4711) }
        let command = try nodes[0].command()
        #expect(command.session == 4711 && command.action == .discard(WireDiscard()))
        // Its bytes are granted again.
        #expect(try nodes[0].frames(.credit).count == 3)
    }
}
