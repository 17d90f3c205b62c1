import NIOCore
import SecureTransport
import SystemFacts
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Two connections of one node")
struct NodeSuccessionTests {
    private let now = MonotonicRawInstant(nanoseconds: 1_000_000_000_000)

    private func verdict(_ older: NodeSuccession.Older?, isAsked: Bool = false, _ incarnation: String)
        -> NodeSuccession.Verdict
    {
        NodeSuccession.verdict(older: older, isAsked: isAsked, incarnation: incarnation, now: now)
    }

    @Test("What is decided at once")
    func verdicts() {
        let fresh = NodeSuccession.Older(incarnation: "one", lastHeard: now.advanced(by: .milliseconds(-500)))
        let mute = NodeSuccession.Older(incarnation: "one", lastHeard: now.advanced(by: .milliseconds(-3001)))
        #expect(verdict(nil, "two") == .accept)
        #expect(verdict(fresh, "one") == .accept)
        #expect(verdict(mute, "two") == .accept)
        #expect(verdict(fresh, "two") == .ask)
        #expect(verdict(fresh, isAsked: true, "two") == .refuse)
        // A peer without an incarnation is never the same process.
        let nameless = NodeSuccession.Older(incarnation: "", lastHeard: now)
        #expect(verdict(nameless, "") == .ask)
    }

    private func dial(_ name: String, _ fleet: EmbeddedController, incarnation: String) throws -> EmbeddedPeer {
        let peer = EmbeddedPeer(try .node(name), fleet)
        try peer.connect(.with { $0.incarnation = incarnation })
        return peer
    }

    /// What an agent has been told since it was last asked for.
    private func notices(_ peer: EmbeddedPeer) throws -> [String] {
        try peer.frames(.command).map { try $0.message(WireCommand.self) }.compactMap { command in
            if case .notice(let notice) = command.action { notice.text } else { nil }
        }
    }

    @Test("The machine that stays is told of the other one, with its address, and once a minute at most")
    func told() throws {
        let fleet = EmbeddedController()
        let first = EmbeddedPeer(try .node("a"), fleet)
        try first.connect(
            .with {
                $0.incarnation = "first"
                $0.capabilities = [Negotiation.Capability.notice]
            })
        var told: [String] = []
        for _ in 0..<70 {
            let stranger = try dial("a", fleet, incarnation: "stranger")
            fleet.advance(.milliseconds(500))
            for ping in try first.frames(.ping) { try first.send(Frame(.pong, ping.body)) }
            #expect(try goodbyes(stranger) == [.inUse])
            fleet.advance(.milliseconds(500))
            told += try notices(first)
        }
        #expect(told.count == 2, "\(told)")
        #expect(
            told.first?.hasPrefix("another machine, 127.0.0.1, has this node's certificate; it was refused") == true)
    }

    @Test("An agent that does not know notices gets none; one whose twin is admitted is told its name")
    func toldOfName() throws {
        let fleet = EmbeddedController(twins: .name)
        let old = try dial("a", fleet, incarnation: "old")
        _ = try dial("a", fleet, incarnation: "twin")
        for ping in try old.frames(.ping) { try old.send(Frame(.pong, ping.body)) }
        fleet.advance(.seconds(2))
        #expect(try notices(old).isEmpty)
        let new = EmbeddedPeer(try .node("b"), fleet)
        try new.connect(
            .with {
                $0.incarnation = "new"
                $0.capabilities = [Negotiation.Capability.notice]
            })
        _ = try dial("b", fleet, incarnation: "twin")
        for ping in try new.frames(.ping) { try new.send(Frame(.pong, ping.body)) }
        fleet.advance(.seconds(2))
        let told = try notices(new)
        #expect(told.count == 1 && told.first?.contains("it takes part as b~2") == true, "\(told)")
    }

    private func goodbyes(_ peer: EmbeddedPeer) throws -> [WireGoodbye.Reason] {
        try peer.frames(.goodbye).map { try $0.message(WireGoodbye.self).reason }
    }

    @Test("A machine with the key of a node that answers is refused, and the node's session stays whole")
    func refused() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        for _ in 0..<20 {
            let stranger = try dial("a", fleet, incarnation: "stranger")
            #expect(try stranger.frames(.welcome).isEmpty)
            fleet.advance(.seconds(2))
            #expect(try goodbyes(stranger) == [.inUse])
            #expect(!stranger.channel.isActive)
        }
        try nodes[0].sendBatch(session)
        try ann.request(.stopSession(.with { $0.session = session }))
        try nodes[0].stop()
        try nodes[0].sendFinish(session)
        #expect(try goodbyes(nodes[0]).isEmpty)
        #expect(try ann.records()[0]?.notes == [.joined, .started, .stopped])
    }

    @Test("A stranger that dials fifty times a second does not use up the pongs that the node may send")
    func storm() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        for _ in 0..<200 {
            let stranger = try dial("a", fleet, incarnation: "stranger")
            fleet.advance(.milliseconds(20))
            for ping in try nodes[0].frames(.ping) { try nodes[0].send(Frame(.pong, ping.body)) }
            #expect(try goodbyes(stranger) == [.inUse])
        }
        #expect(try goodbyes(nodes[0]).isEmpty)
        #expect(nodes[0].channel.isActive)
    }

    @Test("A node that was switched off is back after 2 s; its earlier connection did not answer")
    func switchedOff() throws {
        let fleet = EmbeddedController()
        let before = try dial("a", fleet, incarnation: "before")
        #expect(try before.frames(.welcome).count == 1)
        let after = try dial("a", fleet, incarnation: "after")
        fleet.advance(.milliseconds(1_900))
        #expect(try after.frames(.welcome).isEmpty)
        fleet.advance(.milliseconds(200))
        #expect(try after.frames(.welcome).count == 1)
        #expect(try goodbyes(before) == [.replaced])
        try after.send(Frame(.ping, ByteBuffer()))
        #expect(try after.frames(.pong).count == 1)
    }

    @Test("One that has been silent for longer than a clock probe takes loses its place at once")
    func silent() throws {
        let fleet = EmbeddedController()
        _ = try dial("a", fleet, incarnation: "before")
        fleet.advance(.milliseconds(3_100))
        let after = try dial("a", fleet, incarnation: "after")
        #expect(try after.frames(.welcome).count == 1)
    }

    @Test("When the earlier connection ends, the newcomer is in; a third one is refused meanwhile")
    func ended() throws {
        let fleet = EmbeddedController()
        let before = try dial("a", fleet, incarnation: "before")
        let after = try dial("a", fleet, incarnation: "after")
        let third = try dial("a", fleet, incarnation: "third")
        #expect(try goodbyes(third) == [.inUse])
        before.disconnect()
        #expect(try after.frames(.welcome).count == 1)
    }

    @Test("A newcomer that goes away leaves the node as it was")
    func newcomerLeaves() throws {
        let fleet = EmbeddedController()
        let before = try dial("a", fleet, incarnation: "before")
        let after = try dial("a", fleet, incarnation: "after")
        after.disconnect()
        fleet.advance(.seconds(3))
        #expect(try goodbyes(before).isEmpty)
        #expect(before.channel.isActive)
    }

    @Test("By configuration both are admitted, and the later one has a name of its own that it keeps")
    func named() throws {
        let fleet = EmbeddedController(twins: .name)
        let nodes = try fleet.connectNodes(["a"])
        let twin = try dial("a", fleet, incarnation: "twin")
        fleet.advance(.seconds(2))
        #expect(try twin.frames(.welcome).map { try $0.message(WireWelcome.self).identity } == ["node/a~2"])
        #expect(try goodbyes(nodes[0]).isEmpty)
        twin.disconnect()
        let again = try dial("a", fleet, incarnation: "twin")
        #expect(try again.frames(.welcome).map { try $0.message(WireWelcome.self).identity } == ["node/a~2"])
        let third = try dial("a", fleet, incarnation: "third")
        fleet.advance(.seconds(2))
        #expect(try third.frames(.welcome).map { try $0.message(WireWelcome.self).identity } == ["node/a~3"])
    }
}

@Suite("Connections of one certificate")
struct CertificateUseTests {
    @Test("Their number is limited; each end makes room")
    func limit() {
        var use = CertificateUse()
        let most = CertificateUse.most(.operator)
        let admitted = (0..<1000).map { _ in use.begin("vera", .operator) }
        #expect(admitted == (0..<1000).map { $0 < most })
        let other = use.begin("ann", .operator)
        #expect(other)
        use.end("vera")
        let again = use.begin("vera", .operator)
        let more = use.begin("vera", .operator)
        #expect(again && !more)
    }

    @Test("Of 1,000 connections the first stay, and the others are told why they end")
    func refused() throws {
        let fleet = EmbeddedController()
        var operators: [EmbeddedOperator] = []
        for _ in 0..<1000 { operators.append(try EmbeddedOperator(fleet, name: "vera")) }
        let most = CertificateUse.most(.operator)
        for (index, vera) in operators.enumerated() {
            let goodbyes = try vera.frames(.goodbye).map { try $0.message(WireGoodbye.self) }
            #expect(goodbyes.map(\.reason) == (index < most ? [] : [.overloaded]))
            #expect(vera.channel.isActive == (index < most))
            if let text = goodbyes.first?.text {
                #expect(text.contains("operator/vera (tracer) has \(most) connections"))
            }
        }
        try operators[0].request(.listNodes(WireListNodes()))
        #expect(try operators[0].replies().count == 1)
    }
}
