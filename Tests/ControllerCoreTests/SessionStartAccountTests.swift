import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Accounts: nodes that do not start as they should")
struct SessionStartAccountTests {
    private func opened(
        partial: Bool = false
    ) throws -> (fleet: EmbeddedController, nodes: [EmbeddedNode], ann: EmbeddedOperator) {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        try ann.open { $0.partial = partial }
        return (fleet, nodes, ann)
    }

    private func stop(_ ann: EmbeddedOperator, _ session: UInt64, _ node: EmbeddedNode) throws {
        try ann.request(.stopSession(.with { $0.session = session }))
        try node.sendFinish(session)
    }

    @Test("A node that was prepared and refuses to start is missed from the start")
    func declined() throws {
        let (fleet, nodes, ann) = try opened()
        for node in nodes { try node.prepare() }
        try nodes[0].reply(to: nodes[0].command(), .refusal(WireRefusal(.io, "tracing_on: no")))
        try nodes[1].start()
        let session = try ann.opened().session
        fleet.advance(.seconds(3))
        try stop(ann, session, nodes[1])
        let manifest = try #require(fleet.storage.closed.first)
        #expect(
            manifest.state == "incomplete: node a: no record for 2.950 s: tracing_on: no; its totals are not known")
        #expect(try ann.records()[0]?.notes == [.joined, .gaveUp, .stopped])
    }

    @Test("A node that is lost while the nodes start is missed from the start")
    func lostAtTheStart() throws {
        let (fleet, nodes, ann) = try opened()
        for node in nodes { try node.prepare() }
        try nodes[1].start()
        nodes[0].disconnect()
        let session = try ann.opened().session
        fleet.advance(.seconds(3))
        try stop(ann, session, nodes[1])
        #expect(
            fleet.storage.closed.first?.state
                == "incomplete: node a: no record for 2.950 s: the connection was lost; its totals are not known")
    }

    @Test("A node that refuses when it is asked takes no part where the operator goes on without: complete")
    func refused() throws {
        let (fleet, nodes, ann) = try opened(partial: true)
        try nodes[0].reply(to: nodes[0].command(), .refusal(WireRefusal(.unknownEvent, "no such event")))
        try nodes[1].prepare()
        try nodes[1].start()
        let session = try ann.opened().session
        try stop(ann, session, nodes[1])
        #expect(fleet.storage.closed.first?.state == "complete")
        #expect(try ann.records()[0]?.notes == [.joined, .refused])
    }

    @Test("A late start is stated in the manifest; by more than a second it is a fault", arguments: [200, 1500])
    func late(by milliseconds: Int64) throws {
        let (fleet, nodes, ann) = try opened()
        for node in nodes { try node.prepare() }
        try nodes[0].start(missed: true, late: .milliseconds(milliseconds))
        try nodes[1].start()
        let session = try ann.opened().session
        fleet.advance(.seconds(3))
        try ann.request(.stopSession(.with { $0.session = session }))
        for node in nodes { try node.sendFinish(session) }
        let manifest = try #require(fleet.storage.closed.first)
        let fault = "incomplete: node a: no record for 1.500 s: it started late"
        #expect(manifest.state == (milliseconds < 1000 ? "complete" : fault))
        #expect(manifest.gaps.map { $0.to - $0.from } == [milliseconds * 1_000_000])
    }

    @Test("A machine that is booted again after its part has another clock: its start is not dated by that")
    func bootedAgain() throws {
        let (fleet, nodes, ann) = try opened()
        for node in nodes { try node.prepare() }
        try nodes[0].start(missed: true, late: .milliseconds(200))
        try nodes[1].start()
        let session = try ann.opened().session
        fleet.advance(.seconds(3))
        try ann.request(.stopSession(.with { $0.session = session }))
        try nodes[0].sendFinish(session)
        nodes[0].reboot()
        try nodes[0].connect(incarnation: "second")
        fleet.advance(.seconds(1))
        try nodes[1].sendFinish(session)
        let manifest = try #require(fleet.storage.closed.first)
        #expect(manifest.state == "complete" && manifest.gaps.map(\.lengthText) == ["0.200 s"])
    }
}
