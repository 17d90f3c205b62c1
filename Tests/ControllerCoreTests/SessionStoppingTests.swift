import SessionStore
import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("The end of a session: drained, or given up in time")
struct SessionStoppingTests {
    @Test("All nodes finish: the operator gets everything, then the end")
    func complete() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        try ann.request(.stopSession(.with { $0.session = session }))
        #expect(try ann.reply() == .stopped(.with { $0.session = session }))
        let stops = try nodes.map { node -> Int64 in
            guard case .stop(let stop) = try node.command().action else { throw Unexpected(text: "no stop") }
            return stop.at - node.clockOffset
        }
        // A common end, 50 ms ahead.
        for stop in stops { #expect(abs(stop - fleet.now.nanoseconds - 50_000_000) < 1_000) }
        for node in nodes {
            try node.sendBatch(session)
            #expect(try ann.streamEnds().isEmpty)
            try node.sendFinish(session)
        }
        let records = try ann.records()
        for log in records.values { #expect(log.count(of: .batch) == 1 && log.count(of: .finish) == 1) }
        #expect(records.count == 2)
        #expect(try ann.streamEnds().map(\.problem) == [""])
        #expect(fleet.sessionCount() == 0 && fleet.storage.closed.map(\.state) == ["complete"])
    }

    @Test("A session with a length: nodes are told before its end to stop exactly then")
    func length() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        let (session, start) = try ann.recordFor(.seconds(3), on: nodes)
        fleet.advance(.milliseconds(2_500))
        for node in nodes { #expect(throws: (any Error).self) { try node.command() } }
        fleet.advance(.milliseconds(600))
        for node in nodes {
            guard case .stop(let stop) = try node.command().action else { throw Unexpected(text: "no stop") }
            #expect(stop.at - node.clockOffset == start + 3_000_000_000)
            try node.sendFinish(session)
        }
        #expect(try ann.streamEnds().map(\.problem) == [""])
    }

    @Test("A node that is told to stop and does not answer costs two seconds, and is named")
    func mute() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        try ann.request(.stopSession(.with { $0.session = session }))
        try nodes[0].stop()
        try nodes[0].sendFinish(session)
        fleet.advance(.milliseconds(1_900))
        #expect(try ann.streamEnds().isEmpty)
        fleet.advance(.milliseconds(300))
        #expect(try ann.streamEnds().count == 1)
        let state = try #require(fleet.storage.closed.first?.state)
        #expect(
            state.hasPrefix(
                "incomplete: node b: its totals are not known: it was told to stop: no answer within 2 s"), "\(state)")
    }

    @Test("A node that stops and then sends nothing at all is given up after two seconds")
    func muteWhileItDrains() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        try ann.request(.stopSession(.with { $0.session = session }))
        try nodes[0].stop()
        fleet.isAnswering = false
        fleet.advance(.seconds(3))
        #expect(
            fleet.storage.closed.map(\.state) == [
                "incomplete: node a: its totals are not known: nothing came from the node for 2 s"
            ])
    }

    @Test("A silent node is waited for as long as its stream advances, and 15 s longer")
    func silent() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        try ann.request(.stopSession(.with { $0.session = session }))
        for node in nodes { try node.stop() }
        try nodes[0].sendFinish(session)
        fleet.advance(.seconds(10))
        try nodes[1].sendBatch(session)
        fleet.advance(.seconds(14))
        #expect(try ann.streamEnds().isEmpty)
        fleet.advance(.seconds(2))
        #expect(try nodes[1].command().action == .discard(WireDiscard()))
        #expect(try ann.records()[1]?.notes.last == .gaveUp)
        #expect(try ann.streamEnds().count == 1)
        #expect(
            fleet.storage.closed.map(\.state) == [
                "incomplete: node b: its totals are not known: the node did not finish in time"
            ])
    }

    @Test("A node that is gone is waited for 6 s")
    func gone() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        nodes[1].disconnect()
        fleet.advance(.seconds(60))
        try ann.request(.stopSession(.with { $0.session = session }))
        try nodes[0].sendFinish(session)
        fleet.advance(.seconds(1))
        #expect(try ann.streamEnds().count == 1)
        #expect(
            fleet.storage.closed.map(\.state) == [
                "incomplete: node b: no record for 59.950 s: the node was gone when the session stopped; its totals "
                    + "are not known"
            ])
    }

    @Test("A node that is gone and has a lease of its own is waited for as long as that says")
    func goneWithALease() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes) { $0.leaseSeconds = 300 }
        nodes[1].disconnect()
        fleet.advance(.seconds(60), turn: .seconds(1))
        try ann.request(.stopSession(.with { $0.session = session }))
        try nodes[0].sendFinish(session)
        fleet.advance(.seconds(240), turn: .seconds(1))
        fleet.advance(.seconds(5))
        #expect(try ann.streamEnds().isEmpty)
        fleet.advance(.seconds(2))
        #expect(try ann.streamEnds().count == 1)
        #expect(fleet.storage.closed.first?.state.contains("node b: no record for 59.950 s: the node was gone") == true)
    }

    @Test("A node with a lease of its own that is mute at the stop is waited for, and so is what it sends then")
    func muteWithALease() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes) { $0.leaseSeconds = 300 }
        fleet.isAnswering = false
        fleet.advance(.seconds(1))
        try ann.request(.stopSession(.with { $0.session = session }))
        fleet.advance(.seconds(200))
        #expect(try ann.streamEnds().isEmpty)
        // The link is back, and the connection was never noticed to be lost.
        fleet.isAnswering = true
        fleet.advance(.seconds(10))
        try nodes[0].sendBatch(session)
        fleet.advance(.seconds(10))
        #expect(try ann.streamEnds().isEmpty)
        try nodes[0].sendFinish(session)
        _ = try ann.records()
        #expect(try ann.streamEnds().count == 1)
        #expect(fleet.storage.closed.map(\.state) == ["complete"])
    }

    @Test("A node that comes back long after the stop delivers what it has, however much that is")
    func backAfterTheStop() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes) { $0.unattended = true }
        nodes[0].disconnect()
        try ann.request(.stopSession(.with { $0.session = session }))
        fleet.advance(.seconds(86_400), turn: .seconds(30))
        #expect(try ann.streamEnds().isEmpty)
        #expect(fleet.storage.closed.isEmpty, "\(fleet.storage.closed.map(\.state))")
        #expect(try nodes[0].connect(holding: [session]).map(\.unknown) == [false])
        try nodes[0].stop()
        // More than its buffers and the slack: it has said that it holds so much.
        try nodes[0].send(Frame(.vitals, WireVitals.with { $0.heldBytes = 300 << 20 }))
        for _ in 0..<60 {
            fleet.advance(.seconds(1))
            try nodes[0].sendBatch(session, bytes: 4 << 20)
            try nodes[0].send(Frame(.vitals, WireVitals()))
            _ = try ann.records()
        }
        try nodes[0].sendFinish(session)
        _ = try ann.records()
        #expect(try ann.streamEnds().map(\.problem) == [""])
        #expect(fleet.storage.closed.map(\.state) == ["complete"])
    }

    @Test("A node that goes on sending little is given up after half a minute")
    func endless() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        try ann.request(.stopSession(.with { $0.session = session }))
        try nodes[0].stop()
        for _ in 0..<14 {
            fleet.advance(.seconds(2), turn: .seconds(1))
            try nodes[0].sendBatch(session)
        }
        #expect(try ann.streamEnds().isEmpty)
        fleet.advance(.seconds(3))
        #expect(try ann.streamEnds().count == 1)
    }

    @Test("A node that sends more after the stop than its buffers hold is given up at once")
    func overfull() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        try ann.request(.stopSession(.with { $0.session = session }))
        for node in nodes { try node.stop() }
        // 128 MiB are allowed besides buffers, and these nodes have stated none.
        for _ in 0..<33 {
            try nodes[0].sendBatch(session, bytes: 4 << 20)
            _ = try ann.records()
        }
        fleet.advance(.seconds(1))
        #expect(try nodes[0].command().action == .discard(WireDiscard()))
        try nodes[1].sendFinish(session)
        #expect(try ann.streamEnds().count == 1)
        let state = try #require(fleet.storage.closed.first?.state)
        #expect(state.hasPrefix("incomplete: node a: its totals are not known: it sent 132 MiB after the stop"))
    }

    @Test("A node whose recording takes too much of the disk loses its part; the others go on")
    func diskQuota() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        fleet.storage.end(
            session, node: 0, DiskQuotaExceeded(held: 5 << 20, room: 4 << 20, floor: 1 << 20, directory: "/d"))
        #expect(try nodes[0].commands().map(\.action) == [.discard(WireDiscard())])
        #expect(try nodes[1].commands().isEmpty)
        try nodes[1].sendBatch(session)
        #expect(try ann.records()[1]?.count(of: .batch) == 1)
        try ann.request(.stopSession(.with { $0.session = session }))
        try nodes[1].stop()
        try nodes[1].sendFinish(session)
        let end = try #require(try ann.streamEnds().first)
        #expect(end.problem.hasPrefix("node a: over budget: its recording has taken 5 MiB"))
    }

    @Test("The controller shuts down: sessions end in order, and their operators are told")
    func shutDown() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        fleet.controller.assumeIsolated { $0.stopSessions() }
        try nodes[0].sendFinish(session)
        #expect(try ann.streamEnds().map(\.problem) == ["the controller is shutting down"])
        fleet.controller.assumeIsolated { $0.shutDown() }
        #expect(try ann.frames(.goodbye).count == 1 && nodes[0].frames(.goodbye).count == 1)
    }
}
