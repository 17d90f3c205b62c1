import SecureTransport
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Who sees a session, and who stops it")
struct PrivateSessionTests {
    private struct Scene {
        let fleet = EmbeddedController()
        let nodes: [EmbeddedNode]
        let owner: EmbeddedOperator
        let session: UInt64

        init(isPrivate: Bool) throws {
            nodes = try fleet.connectNodes(["a"])
            owner = try EmbeddedOperator(fleet, name: "ann")
            session = try owner.record(on: nodes) { $0.private = isPrivate }
        }

        func looks(_ name: String, _ role: OperatorRole) throws -> EmbeddedOperator {
            try EmbeddedOperator(fleet, name: name, role: role)
        }

        /// Sessions that an operator sees in lists.
        func listed(_ who: EmbeddedOperator) throws -> [UInt64] {
            try who.request(.listSessions(WireListSessions()))
            guard case .sessions(let list) = try who.reply() else { return [] }
            return list.sessions.map(\.session)
        }

        func attaches(_ who: EmbeddedOperator) throws -> Bool {
            try who.request(.attachSession(.with { $0.session = session }))
            if case .attached = try who.reply() { return true }
            return false
        }

        func refusal(_ who: EmbeddedOperator, _ verb: WireRequest.OneOf_Verb) throws -> WireRefusal.Code? {
            try who.request(verb)
            if case .refusal(let refusal) = try who.reply() { return refusal.code }
            return nil
        }

        /// What `node` shows of the session: its instance, and lines that mention it.
        func described(_ who: EmbeddedOperator) throws -> WireNodeReport? {
            try who.request(.describeNode(.with { $0.node = "a" }))
            let id = session
            try nodes[0].reply(
                to: nodes[0].command(),
                .described(
                    .with {
                        $0.sessions = [.with { $0.session = id }]
                        $0.instances = [.with { $0.session = id }, .with { $0.session = 0 }]
                        $0.probes = [.with { $0.session = id }]
                        $0.log = [.with { $0.text = "prepare session=\(id.sessionText) events=[]" }]
                    }))
            guard case .nodeReport(let report) = try who.reply() else { return nil }
            return report
        }
    }

    @Test("A shared session: everybody sees it, tracers stop it, viewers do not")
    func shared() throws {
        let scene = try Scene(isPrivate: false)
        let vera = try scene.looks("vera", .viewer)
        #expect(try scene.listed(vera) == [scene.session])
        #expect(try scene.attaches(vera))
        #expect(try scene.described(vera)?.nodeDescription.log.count == 1)
        let stop = WireRequest.OneOf_Verb.stopSession(.with { $0.session = scene.session })
        #expect(try scene.refusal(vera, stop) == .noPermission)
        #expect(try scene.refusal(scene.looks("tom", .tracer), stop) == nil)
    }

    @Test("A private session does not exist for others", arguments: [OperatorRole.viewer, .tracer])
    func hidden(role: OperatorRole) throws {
        let scene = try Scene(isPrivate: true)
        let other = try scene.looks("otto", role)
        #expect(try scene.listed(other) == [])
        #expect(try !scene.attaches(other))
        let attach = WireRequest.OneOf_Verb.attachSession(.with { $0.session = scene.session })
        #expect(try scene.refusal(other, attach) == .noSuchSession)
        if role >= .tracer {
            let stop = WireRequest.OneOf_Verb.stopSession(.with { $0.session = scene.session })
            #expect(try scene.refusal(other, stop) == .noSuchSession)
        }
        let report = try #require(try scene.described(other))
        #expect(report.received.isEmpty && report.nodeDescription.sessions.isEmpty)
        #expect(report.nodeDescription.instances.count == 1 && report.nodeDescription.probes.isEmpty)
        #expect(report.nodeDescription.log.isEmpty && report.hiddenSessions == 1)
    }

    @Test("Its owner sees it from every connection, an admin too", arguments: ["ann", "root"])
    func seen(name: String) throws {
        let scene = try Scene(isPrivate: true)
        let who = try scene.looks(name, name == "ann" ? .viewer : .admin)
        #expect(try scene.listed(who) == [scene.session])
        #expect(try scene.attaches(who))
        let report = try #require(try scene.described(who))
        #expect(report.nodeDescription.instances.count == 2 && report.hiddenSessions == 0)
        #expect(report.nodeDescription.log.count == 1)
    }

    @Test("Log lines of a private session stay hidden when it is over")
    func over() throws {
        let scene = try Scene(isPrivate: true)
        try scene.owner.request(.stopSession(.with { $0.session = scene.session }))
        _ = try scene.nodes[0].commands()
        try scene.nodes[0].sendFinish(scene.session)
        #expect(scene.fleet.sessionCount() == 0)
        let report = try #require(try scene.described(scene.looks("vera", .viewer)))
        #expect(report.nodeDescription.log.isEmpty)
    }
}
