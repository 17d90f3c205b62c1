import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("A successor goes on with the sessions of an agent that died")
struct SessionTakeoverTests {
    let fleet: EmbeddedController
    let node: EmbeddedNode
    let ann: EmbeddedOperator
    let session: UInt64

    init() throws {
        fleet = EmbeddedController()
        node = try fleet.connectNodes(["a"])[0]
        ann = try EmbeddedOperator(fleet)
        session = try ann.record(on: [node])
        for _ in 0..<3 { try node.sendBatch(session) }
    }

    /// The agent dies, and another one connects.
    private func takeOver(_ incarnation: String = "second") throws -> [WireResumePoint] {
        node.disconnect()
        fleet.advance(.seconds(1))
        return try node.connect(incarnation: incarnation, holding: [session], isTakenOver: true)
    }

    private var manifest: WireSessionDescription? { fleet.storage.closed.last }

    @Test("It is told what has come, and numbers on from there")
    func goesOn() throws {
        try node.sendWatermark(session, cpus: [0, 1])
        let seen = node.clock
        let point = try #require(try takeOver().first)
        #expect(point.acknowledged == 3 && !point.unknown)
        #expect(point.received.map(\.cpu) == [0, 1] && point.received.map(\.events) == [3, 0])
        #expect(point.received.map(\.through) == [seen, seen])
        try node.sendBatch(session)
        #expect(try node.acknowledged().last == 4)
        try ann.request(.stopSession(.with { $0.session = session }))
        try node.stop()
        try node.sendFinish(session) { finish in
            finish.cpus.append(.with { $0.cpu = 1 })
        }
        #expect(manifest?.state == "complete")
        #expect(try ann.records()[0]?.notes == [.joined, .started, .lost, .takenOver, .stopped])
    }

    @Test("It is welcomed only when everything that has come is durable: no number is given twice")
    func welcomeIsHeld() throws {
        fleet.storage.isBusy = true
        for _ in 0..<2 { try node.sendBatch(session) }
        #expect(try takeOver().isEmpty)
        fleet.advance(.seconds(3))
        #expect(try node.welcomed().isEmpty && node.channel.isActive)
        fleet.storage.isBusy = false
        let point = try #require(try node.welcomed().first)
        #expect(point.acknowledged == 5 && point.received.map(\.events) == [5])
        try node.sendBatch(session)
        #expect(try ann.records()[0]?.count(of: .batch) == 6)
    }

    @Test("What the dead agent's connection still brings does not count")
    func lateFrames() throws {
        fleet.storage.isBusy = true
        try node.sendBatch(session)
        // The old connection is still there, and has been silent for long.
        fleet.isAnswering = false
        fleet.advance(.seconds(4))
        let old = node.channel
        #expect(try node.connect(incarnation: "second", holding: [session], isTakenOver: true).isEmpty)
        #expect(!old.isActive)
        fleet.storage.isBusy = false
        #expect(try node.welcomed().first?.acknowledged == 4)
    }

    @Test("A successor that dies while it waits for its welcome has a successor")
    func thirdAgent() throws {
        fleet.storage.isBusy = true
        try node.sendBatch(session)
        #expect(try takeOver().isEmpty)
        #expect(try takeOver("third").isEmpty)
        fleet.storage.isBusy = false
        #expect(try node.welcomed().first?.acknowledged == 4)
        try node.sendBatch(session)
        #expect(try node.acknowledged().last == 5)
    }

    @Test("A welcome that was lost on its way is given again")
    func welcomeIsLost() throws {
        _ = try takeOver()
        node.disconnect()
        let point = try #require(
            try node.connect(incarnation: "second", holding: [session], isTakenOver: true).first)
        #expect(point.acknowledged == 3 && point.received.map(\.events) == [3])
    }

    @Test("What was lost with the agent is stated, adds up, and makes the session incomplete")
    func loss() throws {
        _ = try takeOver()
        try node.sendLoss(session, events: 7)
        // The successor dies as well: what it has stated is known to the third.
        let point = try #require(try takeOver("third").first)
        #expect(point.acknowledged == 4 && point.received.map(\.events) == [3] && point.received.map(\.lost) == [7])
        try node.sendLoss(session, events: 2)
        try ann.request(.stopSession(.with { $0.session = session }))
        try node.stop()
        try node.sendFinish(session) {
            $0.cpus[0].recorded += 9
            $0.cpus[0].lostAtAgent = 9
        }
        #expect(manifest?.state == "incomplete: node a: 9 events were lost with the agent that had read them")
        #expect(manifest?.losses.map(\.events) == [7, 2] && manifest?.losses.map(\.reason) == ["it died", "it died"])
    }

    @Test(
        "Losses that do not add up are shown", arguments: [(9, 8), (9, 0), (0, 9), (8, 9)] as [(UInt64, UInt64)])
    func falseLoss(stated: UInt64, total: UInt64) throws {
        _ = try takeOver()
        if stated > 0 { try node.sendLoss(session, events: stated) }
        try ann.request(.stopSession(.with { $0.session = session }))
        try node.stop()
        try node.sendFinish(session) {
            $0.cpus[0].recorded += stated
            $0.cpus[0].lostAtAgent = total
        }
        #expect(manifest?.state.contains("node a CPU 0: the kernel recorded") == true, "\(manifest?.state ?? "")")
    }

    @Test("A loss of a CPU that no node has ends the connection, and leaves no hole")
    func malformedLoss() throws {
        try node.sendLoss(session, events: 1, cpu: 9000)
        #expect(!node.channel.isActive)
        node.sequence -= 1
        let point = try #require(try takeOver().first)
        #expect(point.acknowledged == 3)
    }

    @Test("A session that stops meanwhile: the successor is told to stop")
    func stopped() throws {
        node.disconnect()
        try ann.request(.stopSession(.with { $0.session = session }))
        _ = try node.connect(incarnation: "second", holding: [session], isTakenOver: true)
        try node.stop()
        try node.sendFinish(session)
        #expect(manifest?.state == "complete")
    }

    @Test("A session that has given the node up is not gone on with")
    func tooLate() throws {
        node.disconnect()
        try ann.request(.stopSession(.with { $0.session = session }))
        fleet.advance(.seconds(10))
        #expect(
            try node.connect(incarnation: "second", holding: [session], isTakenOver: true).map(\.unknown) == [true])
    }

    @Test("A session that the successor has not: what it was is over")
    func notTakenOver() throws {
        node.disconnect()
        #expect(try node.connect(incarnation: "second").isEmpty)
        #expect(try ann.records()[0]?.notes == [.joined, .started, .lost, .restarted, .stopped])
    }
}
