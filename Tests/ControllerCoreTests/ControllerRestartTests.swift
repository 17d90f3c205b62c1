import NIOCore
import SessionStore
import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("A controller that is killed comes back to its sessions, in each phase")
struct ControllerRestartTests {
    private let first = EmbeddedController()
    private let node: EmbeddedNode
    private let ann: EmbeddedOperator

    init() throws {
        node = try first.connectNodes(["a"])[0]
        ann = try EmbeddedOperator(first, capabilities: [Negotiation.Capability.reclaim])
    }

    /// The reader's numbers of a stored or running session, as its operator gets them.
    private func read(_ session: UInt64, _ fleet: EmbeddedController) throws -> (records: [LogRecord], end: [String]) {
        let reader = try EmbeddedOperator(fleet, name: "reader")
        try reader.request(.attachSession(.with { $0.session = session }))
        _ = try reader.reply()
        return (try reader.records()[0] ?? [], try reader.streamEnds().map(\.problem))
    }

    @Test(
        "Recording: the node goes on behind what is stored, its operator takes it back, nothing twice, nothing missing")
    func recording() throws {
        let session = try ann.record(on: [node])
        for _ in 0..<3 { try node.sendBatch(session) }
        try node.sendWatermark(session)
        let before = try ann.records()[0] ?? []

        let second = first.restarted()
        #expect(second.sessionCount() == 1)
        let points = try node.connect(to: second, holding: [session])
        #expect(points.map(\.acknowledged) == [3] && points.map(\.unknown) == [false])
        second.advance(.seconds(1))
        try node.sendBatch(session)
        var stored = ByteBuffer()
        for record in before { record.write(into: &stored) }
        let again = try EmbeddedOperator(second, capabilities: [Negotiation.Capability.reclaim])
        try again.request(
            .attachSession(
                .with { ($0.session, $0.read, $0.reclaim) = (session, [UInt64(stored.readableBytes)], true) }))
        guard case .attached = try again.reply() else { throw Unexpected(text: "not attached") }
        let after = try again.records()[0] ?? []
        #expect(before.count(of: .batch) == 3 && after.count(of: .batch) == 1)
        #expect(after.notes.prefix(2) == [.controllerRestarted, .returned])
        try again.request(.stopSession(.with { $0.session = session }))
        try node.stop()
        try node.sendFinish(session)
        #expect(try again.streamEnds().map(\.problem) == [""])
        try again.leave()
        #expect(second.storage.closed.map(\.state) == ["complete"] && second.sessionCount() == 0)
    }

    @Test("An agent that has taken over is no stranger for the next controller")
    func takenOver() throws {
        let session = try ann.record(on: [node])
        node.disconnect()
        first.advance(.seconds(1))
        try node.connect(incarnation: "second", holding: [session], isTakenOver: true)
        let second = first.restarted()
        let points = try node.connect(to: second, incarnation: "second", holding: [session])
        #expect(points.map(\.unknown) == [false])
        #expect(try read(session, second).records.notes.last == .returned)
    }

    @Test("An agent has taken over, and the controller that welcomed it is killed before it has written that down")
    func takenOverUnwritten() throws {
        let session = try ann.record(on: [node])
        try node.sendBatch(session)
        let second = first.restarted()
        let points = try node.connect(to: second, incarnation: "second", holding: [session], isSuccessor: true)
        #expect(points.map(\.unknown) == [false] && points.map(\.acknowledged) == [1])
        // From then on it is known: one that does not say so is a stranger.
        #expect(try read(session, second).records.notes.last == .takenOver)
        let third = second.restarted()
        let again = try node.connect(to: third, incarnation: "second", holding: [session])
        #expect(again.map(\.unknown) == [false])
        node.disconnect()
        #expect(try node.connect(incarnation: "third", holding: [session]).map(\.unknown) == [true])
    }

    @Test(
        "A node sends everything before its clock is measured: its log gets the clock, and says what the manifest says")
    func lateClock() throws {
        // Nothing is known of either clock.
        let late = EmbeddedController()
        late.isAnswering = false
        let (a, b) = (try EmbeddedNode("a", late), try EmbeddedNode("b", late))
        let bob = try EmbeddedOperator(late, name: "bob", capabilities: [Negotiation.Capability.reclaim])
        let session = try bob.record(on: [a, b]) { $0.keep = true }
        for node in [a, b] { try node.sendBatch(session) }
        let second = late.restarted()
        second.isAnswering = false
        for node in [a, b] { try node.connect(to: second, holding: [session]) }
        let again = try EmbeddedOperator(second, name: "bob", capabilities: [Negotiation.Capability.reclaim])
        try again.request(.attachSession(.with { ($0.session, $0.read, $0.reclaim) = (session, [0, 0], true) }))
        try again.request(.stopSession(.with { $0.session = session }))
        let stopped = a.clock
        try a.sendFinish(session) { finish in
            finish.stopped.before = stopped
            finish.stopped.after = stopped
        }
        second.isAnswering = true
        second.advance(.milliseconds(500))
        try b.sendFinish(session) { finish in
            finish.stopped.before = b.clock
            finish.stopped.after = b.clock
        }
        let log = try read(session, second).records
        #expect(log.count(of: .finish) == 1 && log.count(of: .clockSample) == 1)
        #expect(log.last?.frame.type == .clockSample)
        #expect(second.storage.closed.map(\.state) == ["complete"])
    }

    @Test("A node is lost at its start, and the controller is killed before the log says so: the next one writes it")
    func lostAtTheStartUnwritten() throws {
        let other = try first.connectNodes(["b"])[0]
        try ann.open { $0.keep = true }
        for node in [node, other] { try node.prepare() }
        first.storage.isBusy = true
        node.disconnect()
        try other.start()
        let session = try ann.opened().session
        let second = first.restarted()
        try other.connect(to: second, holding: [session])
        second.advance(.seconds(3))
        let again = try EmbeddedOperator(second, capabilities: [Negotiation.Capability.reclaim])
        try again.request(.attachSession(.with { ($0.session, $0.read, $0.reclaim) = (session, [0, 0], true) }))
        try again.request(.stopSession(.with { $0.session = session }))
        try other.sendFinish(session)
        let log = try read(session, second).records
        #expect(log.notes == [.gaveUp, .joined, .stopped])
        let state = second.storage.closed.first?.state ?? ""
        #expect(state.hasPrefix("incomplete: node a: no record for "), "\(state)")
        #expect(state.hasSuffix(" s: the connection was lost; its totals are not known"), "\(state)")
    }

    @Test("What was not written is not acknowledged, and comes again")
    func unwritten() throws {
        let session = try ann.record(on: [node])
        try node.sendBatch(session)
        first.storage.isBusy = true
        try node.sendBatch(session)
        #expect(try node.acknowledged() == [1])
        let second = first.restarted()
        #expect(try node.connect(to: second, holding: [session]).map(\.acknowledged) == [1])
        node.sequence = 1
        try node.sendBatch(session)
        #expect(try node.acknowledged().last == 2)
        #expect(try read(session, second).records.count(of: .batch) == 2)
    }

    @Test("Its operator does not come back: it stops after the grace, and stays, since nobody has got the rest")
    func unclaimed() throws {
        let session = try ann.record(on: [node])
        try node.sendBatch(session)
        let second = first.restarted()
        try node.connect(to: second, holding: [session])
        second.advance(.seconds(31))
        try node.stop()
        try node.sendFinish(session)
        #expect(second.sessionCount() == 0)
        let found = try read(session, second)
        #expect(found.records.count(of: .batch) == 1 && found.end == [""])
    }

    @Test("A detached one goes on without anybody; the account at its end is whole")
    func detached() throws {
        try ann.open { ($0.detach, $0.name) = (true, "nightly") }
        try node.prepare()
        try node.start()
        let session = try ann.opened().session
        try node.sendBatch(session)
        let second = first.restarted(after: .seconds(12))
        second.advance(.seconds(20))
        try node.connect(to: second, holding: [session])
        second.advance(.seconds(60))
        #expect(try node.commands().isEmpty)
        let bob = try EmbeddedOperator(second, name: "bob")
        try bob.request(.stopSession(.with { $0.name = "nightly" }))
        try node.stop()
        try node.sendFinish(session)
        #expect(second.storage.closed.map(\.state) == ["complete"])
    }

    @Test("Preparing: nobody had been told that it runs, so it is gone, and the node drops it")
    func preparing() throws {
        try ann.open()
        let command = try node.command()
        let second = first.restarted()
        #expect(second.sessionCount() == 0)
        let points = try node.connect(to: second, holding: [command.session])
        #expect(points.map(\.unknown) == [true])
    }

    @Test("Starting: a detached session starts when its nodes are back; how late is stated")
    func starting() throws {
        try ann.open { ($0.detach, $0.name) = (true, "late") }
        try node.prepare()
        let session = try node.command().session
        let second = first.restarted(after: .milliseconds(400))
        try node.connect(to: second, holding: [session])
        second.advance(.milliseconds(200))
        // Its clock was not known yet when it was told, so it starts at once and cannot know that it is late.
        let (command, clock) = (try node.command(), node.clock)
        try node.reply(to: command, .started(.with { ($0.before, $0.after) = (clock, clock) }))
        #expect(try read(session, second).records.notes.contains(.started))
        let bob = try EmbeddedOperator(second, name: "bob")
        try bob.request(.stopSession(.with { $0.name = "late" }))
        try node.stop()
        try node.sendFinish(session)
        let description = try #require(second.storage.closed.first)
        // Below a second a late start is stated and tolerated.
        #expect(description.state == "complete" && description.gaps.map(\.reason) == ["it started late"])
    }

    @Test("Starting, and the node had started: its refusal to start twice says so")
    func startedBefore() throws {
        try ann.open { ($0.detach, $0.name) = (true, "early") }
        try node.prepare()
        let session = try node.command().session
        let second = first.restarted()
        try node.connect(to: second, holding: [session])
        try node.reply(
            to: try node.command(), .refusal(WireRefusal(.wrongState, "cannot start a session that is recording")))
        try node.sendBatch(session)
        second.advance(.seconds(1))
        let bob = try EmbeddedOperator(second, name: "bob")
        try bob.request(.stopSession(.with { $0.name = "early" }))
        try node.stop()
        try node.sendFinish(session)
        #expect(second.storage.closed.map(\.state) == ["complete"])
    }

    @Test("Starting, and nobody knew of it: it is gone")
    func startingUnannounced() throws {
        try ann.open()
        try node.prepare()
        let session = try node.command().session
        let second = first.restarted()
        #expect(second.sessionCount() == 0)
        #expect(try node.connect(to: second, holding: [session]).map(\.unknown) == [true])
    }

    @Test("Stopping: the node is told to stop again, and nothing is early")
    func stopping() throws {
        let session = try ann.record(on: [node])
        try node.sendBatch(session)
        try ann.request(.stopSession(.with { $0.session = session }))
        #expect(try node.commands().count == 1)
        let second = first.restarted()
        second.advance(.seconds(20))
        #expect(second.sessionCount() == 1)
        try node.connect(to: second, holding: [session])
        try node.stop()
        try node.sendFinish(session)
        second.advance(.seconds(31))
        #expect(second.storage.closed.map(\.state) == ["complete"])
    }

    @Test("Stopping, and the node does not come back within the lease: it is given up, as always")
    func nodeGone() throws {
        let session = try ann.record(on: [node])
        try node.sendBatch(session)
        try node.sendWatermark(session)
        try ann.request(.stopSession(.with { $0.session = session }))
        let second = first.restarted()
        second.advance(.seconds(59))
        #expect(second.sessionCount() == 1)
        second.advance(.seconds(3))
        #expect(second.sessionCount() == 0)
        #expect(second.storage.closed.first?.state.contains("the node was gone when the session stopped") == true)
    }

    @Test("Everything had come, and only the manifest was not written: it ends")
    func ended() throws {
        let session = try ann.record(on: [node])
        try ann.request(.stopSession(.with { $0.session = session }))
        try node.stop()
        first.storage.isFinishing = false
        try node.sendFinish(session)
        let second = first.restarted()
        second.advance(.seconds(31))
        #expect(second.storage.closed.map(\.state) == ["complete"])
        #expect(try read(session, second).records.notes.filter { $0 == .stopped }.count == 1)
    }

    @Test("The machine was restarted: the session is interrupted, says why, and can be read")
    func otherBoot() throws {
        let session = try ann.record(on: [node])
        try node.sendBatch(session)
        let second = first.restarted(bootID: "another")
        #expect(second.sessionCount() == 0)
        let found = try read(session, second)
        #expect(found.records.count(of: .batch) == 1)
        #expect(found.end == ["interrupted: the controller's machine was restarted"])
    }

    @Test("An agent that was restarted meanwhile ends its part, as without a restart of the controller")
    func agentRestarted() throws {
        let session = try ann.record(on: [node])
        try node.sendWatermark(session)
        let second = first.restarted()
        node.move(to: second)
        second.connected(node)
        try node.connect(incarnation: "second")
        second.advance(.seconds(31))
        #expect(second.storage.closed.first?.state.contains("the agent was restarted") == true)
    }

    @Test("What was lost with an agent is still known after the controller was killed")
    func lostWithAnAgent() throws {
        let session = try ann.record(on: [node])
        try node.sendBatch(session)
        node.disconnect()
        try node.connect(incarnation: "second", holding: [session], isTakenOver: true)
        try node.sendLoss(session, events: 5)
        let second = first.restarted()
        node.move(to: second)
        second.connected(node)
        let points = try node.connect(incarnation: "second", holding: [session])
        #expect(points.map(\.acknowledged) == [2] && points.map(\.unknown) == [false])
        second.advance(.seconds(31))
        try node.stop()
        try node.sendFinish(session) { finish in
            finish.cpus[0].recorded = 6
            finish.cpus[0].lostAtAgent = 5
        }
        let description = try #require(second.storage.closed.first)
        #expect(
            description.state == "incomplete: node a: 5 events were lost with the agent that had read them")
        #expect(description.losses.map(\.events) == [5])
    }

    @Test("Twice killed is twice recovered")
    func twice() throws {
        try ann.open { ($0.detach, $0.name) = (true, "nightly") }
        try node.prepare()
        try node.start()
        let session = try ann.opened().session
        try node.sendBatch(session)
        let third = first.restarted().restarted()
        #expect(try node.connect(to: third, holding: [session]).map(\.acknowledged) == [1])
        try node.sendBatch(session)
        let notes = try read(session, third).records.notes
        #expect(notes.filter { $0 == .controllerRestarted }.count == 2)
        #expect(try read(session, third).records.count(of: .batch) == 2)
    }
}
