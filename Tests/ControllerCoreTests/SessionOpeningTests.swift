import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Opening a session, as nodes and its operator see it")
struct SessionOpeningTests {
    private static let noSuchEvent = WireRefusal(.unknownEvent, "no such event")

    /// Opens a session on three nodes, the second of which refuses.
    private func openWithRefusal(partial: Bool) throws -> (EmbeddedController, [EmbeddedNode], EmbeddedOperator) {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b", "c"])
        let ann = try EmbeddedOperator(fleet)
        try ann.open { $0.partial = partial }
        try nodes[0].prepare()
        try nodes[1].reply(to: nodes[1].command(), .refusal(Self.noSuchEvent))
        #expect(try ann.replies().isEmpty)
        try nodes[2].prepare()
        return (fleet, nodes, ann)
    }

    @Test("One of three refuses: everything is taken down, and the operator is told who and why")
    func refused() throws {
        let (fleet, nodes, ann) = try openWithRefusal(partial: false)
        for node in nodes { #expect(try node.command().action == .discard(WireDiscard())) }
        let opened = try ann.opened()
        #expect(!opened.started && opened.replies.map(\.node) == ["a", "b", "c"])
        #expect(opened.replies[1].refusal == Self.noSuchEvent)
        #expect(opened.replies.allSatisfy { !$0.started })
        #expect(fleet.sessionCount() == 0 && fleet.storage.closed.count == 1)
    }

    @Test("With --partial the others go on, and only the one that refused is told to discard")
    func partial() throws {
        let (_, nodes, ann) = try openWithRefusal(partial: true)
        #expect(try nodes[1].command().action == .discard(WireDiscard()))
        try nodes[0].start()
        #expect(try ann.replies().isEmpty)
        try nodes[2].start()
        let opened = try ann.opened()
        #expect(opened.started && opened.replies.map(\.started) == [true, false, true])
        #expect(opened.replies[1].refusal == Self.noSuchEvent)
        // Its log says why it has nothing.
        #expect(try ann.records()[1]?.notes == [.joined, .refused])
    }

    @Test("All start at one moment of the timeline, each by its own clock; one that is late is named")
    func oneMoment() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b", "c"])
        let ann = try EmbeddedOperator(fleet)
        try ann.open()
        for node in nodes { try node.prepare() }
        let began = fleet.now
        let moments = try nodes.map { try $0.start(missed: $0.name == "b") - $0.clockOffset }
        let opened = try ann.opened()
        #expect(opened.started && opened.startAt - began.nanoseconds == 50_000_000)
        for moment in moments { #expect(abs(moment - opened.startAt) < 1_000) }
        #expect(opened.replies.map(\.missedStart) == [false, true, false])
        for reply in opened.replies { #expect(abs(reply.startedAt - opened.startAt) < 1_000) }
    }

    @Test("--clock-source: an agent that does not know of it is not asked, and the operator is told why")
    func clockSource() throws {
        let fleet = EmbeddedController()
        let old = try fleet.connectNodes(["old"])[0]
        let new = try EmbeddedNode("new", fleet)
        new.disconnect()
        try new.connect(capabilities: [Negotiation.Capability.clockSources])
        let ann = try EmbeddedOperator(fleet)
        try ann.open {
            $0.partial = true
            $0.clockSource = .tai
        }
        #expect(try old.commands().allSatisfy { $0.action == .discard(WireDiscard()) })
        guard case .prepare(let prepare) = try new.command().action else {
            throw Unexpected(text: "it is not told to prepare")
        }
        #expect(prepare.clockSource == .tai)
    }

    @Test("--start-in sets the moment ahead; more than a minute is refused")
    func later() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet)
        try ann.open { $0.startInMs = 60_001 }
        guard case .refusal(let refusal) = try ann.reply() else { throw Unexpected(text: "no refusal") }
        #expect(refusal.text == "a start can be at most 60 s ahead")
        try ann.open { $0.startInMs = 20_000 }
        try nodes[0].prepare()
        // Beyond the time limit of a start that is not set ahead.
        fleet.advance(.seconds(20))
        try nodes[0].start()
        let opened = try ann.opened()
        #expect(opened.started && opened.replies.map(\.started) == [true])
    }

    @Test("A mute node costs two seconds, once while it prepares and once while it starts, and is named")
    func silent() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b", "c"])
        let ann = try EmbeddedOperator(fleet)
        try ann.open { $0.partial = true }
        try nodes[0].prepare()
        try nodes[1].prepare()
        fleet.advance(.milliseconds(1_900))
        #expect(try nodes[0].commands().isEmpty)
        fleet.advance(.milliseconds(300))
        try nodes[0].start()
        fleet.advance(.milliseconds(1_900))
        #expect(try ann.replies().isEmpty)
        fleet.advance(.milliseconds(300))
        let opened = try ann.opened()
        #expect(opened.replies.map(\.started) == [true, false, false])
        #expect(opened.replies.map(\.refusal.code) == [.unspecified, .timeout, .timeout])
        #expect(opened.replies[2].refusal.text.hasPrefix("no answer within 2 s"))
        #expect(try nodes[2].commands().last?.action == .discard(WireDiscard()))
    }

    @Test("A busy node is waited for while it says that it goes on, and the time of its queue is not its own")
    func busy() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        try ann.open()
        try nodes[0].prepare()
        let waiting = try nodes[1].commands()
        for second in 0..<50 {
            try nodes[1].progress(waiting, behind: second < 40 ? 3 : 0)
            fleet.advance(.seconds(1), turn: .milliseconds(200))
            #expect(try ann.replies().isEmpty && nodes[0].commands().isEmpty)
        }
        try nodes[1].reply(to: waiting[0], .prepared(WirePrepared()))
        for node in nodes { try node.start() }
        #expect(try ann.opened().replies.map(\.started) == [true, true])
    }

    @Test("A node that says for ever that it goes on holds nobody up where --partial allows to go on without it")
    func endlessProgress() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        try ann.open { $0.partial = true }
        try nodes[0].prepare()
        let waiting = try nodes[1].commands()
        for _ in 0..<6 {
            try nodes[1].progress(waiting)
            fleet.advance(.seconds(1))
        }
        try nodes[0].start()
        let opened = try ann.opened()
        #expect(opened.replies.map(\.started) == [true, false])
        #expect(opened.replies[1].refusal.text == "still busy while others were ready")
        // Other operators' sessions do not meet it unless they ask for it.
        try ann.open { $0.selectors = ["a"] }
        try nodes[0].prepare()
        try nodes[0].start()
        #expect(try ann.opened().started)
    }

    @Test("A node that is lost while it prepares is refused at once; one that is lost while it starts too")
    func lost() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b", "c"])
        let ann = try EmbeddedOperator(fleet)
        try ann.open { $0.partial = true }
        nodes[2].disconnect()
        for node in nodes[..<2] { try node.prepare() }
        nodes[1].disconnect()
        try nodes[0].start()
        let opened = try ann.opened()
        #expect(opened.replies.map(\.started) == [true, false, false])
        #expect(opened.replies.map(\.refusal.code) == [.unspecified, .nodeLost, .nodeLost])
    }

    @Test("Storage that has no room: the operator is told, and no node hears of the session")
    func noRoom() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        fleet.storage.openFailure = .exists(path: "there")
        let ann = try EmbeddedOperator(fleet)
        try ann.open()
        guard case .refusal(let refusal) = try ann.reply() else { throw Unexpected(text: "no refusal") }
        #expect(refusal.code == .io && refusal.text.hasPrefix("the controller cannot store the session: there exists"))
        #expect(try nodes[0].commands().isEmpty && fleet.sessionCount() == 0)
    }

    @Test("The operator leaves before the nodes are ready: everything is taken down")
    func operatorLeaves() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a", "b"])
        let ann = try EmbeddedOperator(fleet)
        try ann.open()
        try nodes[0].prepare()
        ann.disconnect()
        #expect(try nodes[0].command().action == .discard(WireDiscard()))
        #expect(fleet.sessionCount() == 0)
    }
}
