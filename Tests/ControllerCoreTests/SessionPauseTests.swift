import SessionStore
import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("A disk that cannot be written: the session waits, and what was not stored comes again")
struct SessionPauseTests {
    let fleet: EmbeddedController
    let nodes: [EmbeddedNode]
    let ann: EmbeddedOperator
    let session: UInt64

    /// A session of two nodes that has run for a second. Frame 1 of each is stored.
    init() throws {
        fleet = EmbeddedController()
        nodes = try fleet.connectNodes(["a", "b"])
        for node in nodes { try node.connect(capabilities: [Negotiation.Capability.rewind]) }
        ann = try EmbeddedOperator(fleet)
        session = try ann.record(on: nodes)
        fleet.advance(.seconds(1))
        for node in nodes {
            try node.sendBatch(session)
            _ = try node.acknowledged()
        }
        _ = try ann.records()
    }

    private func pause() {
        fleet.storage.pause(session, node: 0, StoreError.system("write", path: "/d/1", .noSpace))
    }

    @Test("The node is told to wait, and gets the credit of what is ignored; the other node goes on")
    func holds() throws {
        pause()
        #expect(try nodes[0].rewinds() == [Rewind.hold])
        _ = try nodes[0].frames(.credit)
        try nodes[0].sendBatch(session)
        #expect(try nodes[0].acknowledged().isEmpty && nodes[0].frames(.credit).count == 1)
        try nodes[1].sendBatch(session)
        #expect(try nodes[1].acknowledged() == [2] && nodes[1].rewinds().isEmpty)
    }

    @Test("What was on its way when it was told to go back is ignored, and comes again in its order")
    func rewinds() throws {
        fleet.storage.isBusy = true
        try nodes[0].sendBatch(session)
        pause()
        fleet.storage.isBusy = false
        fleet.storage.resume(session, node: 0)
        #expect(try nodes[0].rewinds() == [Rewind.hold, 1])
        try nodes[0].sendBatch(session)
        try nodes[0].sendWatermark(session)
        #expect(try nodes[0].acknowledged().filter { $0 > 1 }.isEmpty)
        nodes[0].sequence = 1
        for _ in 0..<2 { try nodes[0].sendBatch(session, again: true) }
        #expect(try nodes[0].acknowledged() == [2, 3])
        // Its watermark covered frames that were not there.
        let log = try #require(try ann.records()[0])
        #expect(log.count(of: .batch) == 2 && log.count(of: .watermark) == 0)
        // From now on a hole is a fault again.
        nodes[0].sequence = 7
        try nodes[0].sendBatch(session)
        #expect(!nodes[0].channel.isActive)
    }

    @Test("Operators are told at once, and the log says from when to when")
    func told() throws {
        pause()
        let told = try #require(try ann.records()[0])
        #expect(told.notes == [.paused])
        fleet.advance(.seconds(5))
        fleet.storage.resume(session, node: 0)
        let log = try #require(try ann.records()[0])
        #expect(log.notes == [.paused, .resumed])
        let texts = try log.filter { $0.frame.type == .nodeNote }.map { try $0.frame.message(WireNodeNote.self) }
        #expect(texts[0].text.contains("/d/1: the disk is full") && texts[1].at - texts[0].at == 5_000_000_000)
        // The same note, so that a reader shows it once.
        #expect(try told.last?.frame.message(WireNodeNote.self) == texts[0])
    }

    @Test("A node that connects again meanwhile is told to wait, too")
    func returns() throws {
        pause()
        nodes[0].disconnect()
        let points = try nodes[0].connect(holding: [session], capabilities: [Negotiation.Capability.rewind])
        #expect(points.map(\.acknowledged) == [1])
        #expect(try nodes[0].rewinds() == [Rewind.hold])
        fleet.storage.resume(session, node: 0)
        #expect(try nodes[0].rewinds() == [1])
        try nodes[0].sendBatch(session)
        #expect(try nodes[0].acknowledged().contains(2))
    }

    @Test("An agent that cannot go back gets no credit, and connects again when the disk can be written")
    func oldAgent() throws {
        try nodes[0].connect(holding: [session])
        pause()
        _ = try nodes[0].frames(.credit)
        try nodes[0].sendBatch(session)
        #expect(try nodes[0].rewinds().isEmpty && nodes[0].frames(.credit).isEmpty)
        fleet.storage.resume(session, node: 0)
        #expect(!nodes[0].channel.isActive)
        #expect(try nodes[0].connect(holding: [session]).map(\.acknowledged) == [1])
        nodes[0].sequence = 1
        try nodes[0].sendBatch(session, again: true)
        #expect(try nodes[0].acknowledged().last == 2)
    }

    @Test("A last frame that is lost with the disk comes again before the session ends")
    func finish() throws {
        try ann.request(.stopSession(.with { $0.session = session }))
        for node in nodes { try node.stop() }
        fleet.storage.isBusy = true
        try nodes[0].sendFinish(session)
        pause()
        fleet.storage.isBusy = false
        try nodes[1].sendFinish(session)
        #expect(try ann.streamEnds().isEmpty)
        fleet.storage.resume(session, node: 0)
        fleet.advance(.seconds(1))
        nodes[0].sequence = 1
        try nodes[0].sendFinish(session)
        #expect(try ann.streamEnds().map(\.problem) == [""])
        #expect(fleet.storage.closed.map(\.state) == ["complete"])
    }
}
