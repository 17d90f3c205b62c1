import SessionStore
import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

/// What the manifest says of a session, for every way in which a part of it can end: docs/internals/accounts.md has the
/// table.
@Suite("Accounts: the manifest of a session that records")
struct SessionAccountStateTests {
    let fleet: EmbeddedController
    let nodes: [EmbeddedNode]
    let ann: EmbeddedOperator
    let session: UInt64

    /// A session of two nodes that has run for five seconds.
    init() throws {
        fleet = EmbeddedController()
        nodes = try fleet.connectNodes(["a", "b"])
        ann = try EmbeddedOperator(fleet)
        session = try ann.record(on: nodes)
        fleet.advance(.seconds(5))
        for node in nodes {
            try node.sendBatch(session)
            try node.sendWatermark(session)
        }
    }

    private func stop() throws { try ann.request(.stopSession(.with { $0.session = session })) }

    /// Stops the session; node b ends its part as it should.
    private func stopAndFinishB() throws {
        try stop()
        try nodes[1].sendFinish(session)
    }

    private var manifest: WireSessionDescription? { fleet.storage.closed.first }

    private func gap(_ from: Double, _ to: Double, since begin: Int64) -> [Int64] {
        [begin + Int64(from * 1e9), begin + Int64(to * 1e9)]
    }

    @Test("Both stop when they are told to: complete")
    func whole() throws {
        try stopAndFinishB()
        try nodes[0].sendFinish(session)
        #expect(manifest?.state == "complete" && manifest?.gaps.isEmpty == true && manifest?.problem == "")
        let log = try #require(try ann.records()[0])
        #expect(log.notes == [.joined, .started, .stopped])
    }

    @Test("A node ends early with totals that are right: a gap from then to the stop")
    func early() throws {
        let begin = fleet.now.nanoseconds
        try nodes[0].sendFinish(session) { finish in
            finish.stopped.before = nodes[0].clock
            finish.stopped.after = nodes[0].clock
        }
        fleet.advance(.seconds(4))
        try stopAndFinishB()
        #expect(manifest?.state == "incomplete: node a: no record for 4.000 s: it ended before it was told to")
        #expect(manifest?.gaps.map { [$0.from, $0.to] } == [gap(0, 4, since: begin)] && manifest?.gaps[0].node == 0)
        // The reader of node a's log learns when the session stopped, too.
        #expect(try ann.records()[0]?.notes == [.joined, .started, .stopped])
    }

    @Test("All nodes end early: the session ends, and is not complete")
    func allEarly() throws {
        try nodes[1].sendFinish(session)
        fleet.advance(.seconds(2))
        try nodes[0].sendFinish(session)
        #expect(try ann.streamEnds().count == 1)
        #expect(manifest?.state.contains("node b: no record for 2.000 s: it ended before it was told to") == true)
    }

    @Test("A lease that ran out while the link was cut: a gap from there to the stop, not from the cut")
    func lease() throws {
        let begin = fleet.now.nanoseconds
        nodes[0].disconnect()
        fleet.advance(.seconds(60))
        let stopped = nodes[0].clock
        fleet.advance(.seconds(30))
        try nodes[0].connect(holding: [session])
        try nodes[0].sendFinish(session, reason: "nothing heard from the controller for 60 s") { finish in
            finish.stopped.before = stopped
            finish.stopped.after = stopped
        }
        fleet.advance(.seconds(1))
        try stopAndFinishB()
        #expect(
            manifest?.state
                == "incomplete: node a: no record for 31.000 s: nothing heard from the controller for 60 s")
        #expect(manifest?.gaps.map { [$0.from, $0.to] } == [gap(60, 91, since: begin)])
    }

    @Test("A lease that ran out after the stop costs nothing")
    func leaseAfterTheStop() throws {
        nodes[0].disconnect()
        try stopAndFinishB()
        fleet.advance(.seconds(2))
        try nodes[0].connect(holding: [session])
        try nodes[0].sendFinish(session, reason: "nothing heard from the controller for 1 s") { finish in
            finish.stopped.before = nodes[0].clock
        }
        #expect(manifest?.state == "complete")
    }

    @Test("The session stops while a node is away, and it never comes back: a gap from its last watermark")
    func neverBack() throws {
        let begin = fleet.now.nanoseconds
        nodes[0].disconnect()
        fleet.advance(.seconds(3))
        try stopAndFinishB()
        fleet.advance(.seconds(7))
        #expect(
            manifest?.state
                == "incomplete: node a: no record for 3.000 s: the node was gone when the session stopped; its totals "
                + "are not known")
        #expect(manifest?.gaps.map { [$0.from, $0.to] } == [gap(0, 3, since: begin)])
    }

    @Test("The agent is restarted")
    func restarted() throws {
        nodes[0].disconnect()
        fleet.advance(.seconds(1))
        try nodes[0].connect(incarnation: "second")
        fleet.advance(.seconds(2))
        try stopAndFinishB()
        #expect(manifest?.state.hasPrefix("incomplete: node a: no record for 3.000 s: the agent was restarted") == true)
    }

    @Test("The agent has lost the session")
    func forgotten() throws {
        nodes[0].disconnect()
        try nodes[0].connect()
        fleet.advance(.seconds(2))
        try stopAndFinishB()
        #expect(
            manifest?.state.hasPrefix("incomplete: node a: no record for 2.000 s: the agent has lost the session")
                == true)
    }

    @Test("A node answers clock probes and does not finish")
    func unfinished() throws {
        fleet.advance(.seconds(2))
        try stop()
        for node in nodes { try node.stop() }
        try nodes[1].sendFinish(session)
        fleet.advance(.seconds(17))
        #expect(
            manifest?.state.hasPrefix("incomplete: node a: no record for 2.000 s: the node did not finish in time")
                == true)
    }

    @Test("Nothing comes of a node when the session stops")
    func mute() throws {
        fleet.advance(.seconds(2))
        try stop()
        for node in nodes { try node.stop() }
        try nodes[1].sendFinish(session)
        fleet.isAnswering = false
        fleet.advance(.seconds(3))
        #expect(
            manifest?.state.hasPrefix("incomplete: node a: no record for 2.000 s: nothing came from the node for 2 s")
                == true)
    }

    @Test("The disk of the controller is full, and stays so: a gap from the last watermark that was stored")
    func disk() throws {
        let begin = fleet.now.nanoseconds
        fleet.storage.pause(session, node: 0, StoreError.notEmpty(path: "/full"))
        fleet.advance(.seconds(3))
        try nodes[0].sendBatch(session)
        try nodes[0].sendWatermark(session)
        try stopAndFinishB()
        try nodes[0].stop()
        fleet.advance(.seconds(59))
        #expect(manifest == nil)
        fleet.advance(.seconds(2))
        let state = try #require(manifest?.state)
        #expect(state.hasPrefix("incomplete: node a: no record for 3.000 s: the controller could not store it: /full"))
        #expect(manifest?.gaps.map { [$0.from, $0.to] } == [gap(0, 3, since: begin)])
    }

    @Test("The disk of the controller is full for a while: what was not stored comes again, and nothing is missing")
    func diskForAWhile() throws {
        try nodes[0].connect(holding: [session], capabilities: [Negotiation.Capability.rewind])
        let disk = fleet.storage
        disk.isBusy = true
        try nodes[0].sendBatch(session)
        try nodes[0].sendWatermark(session)
        disk.pause(session, node: 0, StoreError.notEmpty(path: "/full"))
        disk.isBusy = false
        try nodes[0].sendBatch(session)
        fleet.advance(.seconds(60))
        disk.resume(session, node: 0)
        nodes[0].sequence = 1
        try nodes[0].sendBatch(session, again: true)
        try nodes[0].sendBatch(session, again: true)
        try stopAndFinishB()
        try nodes[0].sendFinish(session)
        #expect(manifest?.state == "complete" && manifest?.gaps.isEmpty == true && manifest?.problem == "")
    }

    @Test("The controller is shut down: what is there is whole, and the operator wanted more")
    func shutDown() throws {
        fleet.controller.assumeIsolated { $0.stopSessions() }
        for node in nodes { try node.sendFinish(session) }
        #expect(manifest?.state == "incomplete: the controller is shutting down")
        #expect(try ann.streamEnds().map(\.problem) == ["the controller is shutting down"])
    }

    @Test("The operator's connection ends: the session is stopped in order")
    func operatorGone() throws {
        ann.disconnect()
        for node in nodes { try node.sendFinish(session) }
        #expect(manifest?.state == "complete")
    }

    @Test("A node whose events of one CPU have no totals")
    func unknownTotals() throws {
        try stopAndFinishB()
        try nodes[0].sendFinish(session) { $0.cpus = [] }
        #expect(manifest?.state == "incomplete: node a CPU 0: its totals are not known; 1 events arrived")
    }

    @Test("A CPU of the watermarks without totals")
    func forgottenCPU() throws {
        fleet.advance(.seconds(1))
        try nodes[0].sendWatermark(session, cpus: [0, 1])
        try stopAndFinishB()
        try nodes[0].sendFinish(session)
        #expect(manifest?.state == "incomplete: node a CPU 1: its totals are not known; 0 events arrived")
    }

    @Test("Totals that do not add up")
    func mismatch() throws {
        try stopAndFinishB()
        try nodes[0].sendFinish(session) { $0.cpus[0].recorded += 1 }
        #expect(manifest?.state.hasPrefix("incomplete: node a CPU 0: the kernel recorded 2 events") == true)
    }

    @Test("Somebody on the node switched recording off for a while")
    func switchedOff() throws {
        let begin = fleet.now.nanoseconds
        let off = WireRecordingGap(from: nodes[0].clock, to: nodes[0].clock + 1_500_000_000, "switched off")
        fleet.advance(.seconds(4))
        try stopAndFinishB()
        try nodes[0].sendFinish(session) { $0.gaps = [off] }
        #expect(manifest?.state == "incomplete: node a: no record for 1.500 s: switched off")
        #expect(manifest?.gaps.map { [$0.from, $0.to] } == [gap(0, 1.5, since: begin)])
    }
}
