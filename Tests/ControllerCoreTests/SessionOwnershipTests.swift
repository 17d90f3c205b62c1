import NIOCore
import SessionStore
import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Whose a session is: its operator's connection's, its operator's for a while, or the controller's")
struct SessionOwnershipTests {
    private let fleet = EmbeddedController()
    private let node: EmbeddedNode

    init() throws {
        node = try fleet.connectNodes(["a"])[0]
    }

    private func command(_ name: String = "ann") throws -> EmbeddedOperator {
        try EmbeddedOperator(fleet, name: name, capabilities: [Negotiation.Capability.reclaim])
    }

    private static func bytes(_ records: [UInt32: [LogRecord]]) -> UInt64 {
        var buffer = ByteBuffer()
        for record in records[0] ?? [] { record.write(into: &buffer) }
        return UInt64(buffer.readableBytes)
    }

    @Test("A broken connection: the session goes on, and its operator takes it back from where the reading ended")
    func reclaimed() throws {
        let ann = try command()
        let session = try ann.record(on: [node])
        try node.sendBatch(session)
        let first = try ann.records()
        ann.disconnect()
        try node.sendBatch(session)
        fleet.advance(.seconds(29))
        #expect(try node.commands().isEmpty)

        let again = try command()
        try again.request(
            .attachSession(.with { ($0.session, $0.read, $0.reclaim) = (session, [Self.bytes(first)], true) }))
        guard case .attached(let description) = try again.reply() else { throw Unexpected(text: "not attached") }
        #expect(description.session == session)
        fleet.advance(.seconds(40))
        #expect(try node.commands().isEmpty)
        // Nothing twice, nothing missing.
        let second = try again.records()
        #expect((first[0] ?? []).count(of: .batch) + (second[0] ?? []).count(of: .batch) == 2)
        try again.leave()
        guard case .stop = try node.command().action else { throw Unexpected(text: "no stop") }
    }

    @Test("Nobody comes back within the grace: the session stops, and is forgotten at its end")
    func notReclaimed() throws {
        let ann = try command()
        let session = try ann.record(on: [node])
        ann.disconnect()
        fleet.advance(.seconds(31))
        try node.stop()
        try node.sendFinish(session)
        fleet.advance(.seconds(1))
        #expect(fleet.sessionCount() == 0 && fleet.storage.closed.map(\.state) == ["complete"])
    }

    @Test("An end in order, and a command that cannot take a session back: it stops at once")
    func atOnce() throws {
        let ann = try command()
        _ = try ann.record(on: [node])
        try ann.leave()
        try node.stop()
        let old = try EmbeddedOperator(fleet)
        _ = try old.record(on: [node])
        old.disconnect()
        guard case .stop = try node.command().action else { throw Unexpected(text: "no stop") }
    }

    @Test("A connection that breaks before the session is announced: nobody knows of it, so it ends")
    func unannounced() throws {
        let ann = try command()
        try ann.open()
        try node.prepare()
        ann.disconnect()
        let commands = try node.commands()
        #expect(commands.contains { if case .stop = $0.action { true } else { false } })
    }

    @Test("It ends while its operator is away: the end waits for the operator, too")
    func endedMeanwhile() throws {
        let ann = try command()
        let session = try ann.record(on: [node])
        _ = try ann.records()
        ann.disconnect()
        try node.sendFinish(session)
        #expect(fleet.sessionCount() == 1)
        let again = try command()
        try again.request(.attachSession(.with { ($0.session, $0.reclaim) = (session, true) }))
        _ = try again.reply()
        #expect(try again.records()[0]?.count(of: .finish) == 1)
        #expect(try again.streamEnds().count == 1)
        // It may be lost on its way.
        #expect(fleet.sessionCount() == 1)
        try again.leave()
        #expect(fleet.sessionCount() == 0)
    }

    @Test("An operator who has the end and neither leaves nor breaks off holds it for the grace")
    func lingering() throws {
        let ann = try command()
        let session = try ann.record(on: [node])
        try ann.request(.stopSession(.with { $0.session = session }))
        try node.sendFinish(session)
        fleet.advance(.seconds(29))
        #expect(fleet.sessionCount() == 1)
        fleet.advance(.seconds(3))
        #expect(fleet.sessionCount() == 0)
    }

    @Test("Only its own operator takes a session back, and what was never sent cannot have been read")
    func refusedReclaim() throws {
        let ann = try command()
        let session = try ann.record(on: [node])
        ann.disconnect()
        let bob = try command("bob")
        try bob.request(.attachSession(.with { ($0.session, $0.reclaim) = (session, true) }))
        guard case .refusal(let refusal) = try bob.reply() else { throw Unexpected(text: "no refusal") }
        #expect(refusal.code == .noPermission && refusal.text.contains("operator ann's"))
        try bob.request(.attachSession(.with { ($0.session, $0.read) = (session, [1 << 40]) }))
        guard case .refusal(let beyond) = try bob.reply() else { throw Unexpected(text: "no refusal") }
        #expect(
            beyond.code == .wrongState && beyond.text.hasPrefix("node a: its log is not stored up to 1099511627776"))
        try bob.request(.attachSession(.with { ($0.session, $0.read) = (session, [1]) }))
        guard case .refusal(let between) = try bob.reply() else { throw Unexpected(text: "no refusal") }
        #expect(between.code == .wrongState)
        fleet.advance(.seconds(31))
        try node.stop()
    }

    @Test("A detached session: nobody holds it, it is found by its name, and is stored when it has ended")
    func detached() throws {
        let ann = try command()
        try ann.open { ($0.detach, $0.name) = (true, "nightly") }
        try node.prepare()
        try node.start()
        let opened = try ann.opened()
        #expect(opened.sessionDescription.detached && opened.sessionDescription.keep)
        try node.sendBatch(opened.session)
        // It is not sent to who opened it.
        #expect(try ann.records().isEmpty)
        try ann.leave()
        fleet.advance(.seconds(60))
        #expect(try node.commands().isEmpty)

        let bob = try command("bob")
        try bob.open { ($0.detach, $0.name) = (true, "nightly") }
        guard case .refusal(let taken) = try bob.reply() else { throw Unexpected(text: "no refusal") }
        #expect(taken.text.contains("has the name nightly"))
        try bob.request(.attachSession(.with { $0.name = "nightly" }))
        _ = try bob.reply()
        try bob.request(.stopSession(.with { $0.name = "nightly" }))
        _ = try bob.reply()
        try node.stop()
        try node.sendFinish(opened.session)
        #expect(try bob.records()[0]?.count(of: .batch) == 1)
        #expect(try bob.streamEnds().count == 1 && fleet.sessionCount() == 0)

        // Stored: listed with its end and size, and read like a running one.
        try bob.request(.listSessions(WireListSessions()))
        guard case .sessions(let list) = try bob.reply() else { throw Unexpected(text: "no list") }
        #expect(list.sessions.map(\.state) == ["complete"] && list.sessions[0].ended > 0)
        #expect(list.sessions[0].storedBytes > 0)
        try bob.request(.attachSession(.with { $0.name = "nightly" }))
        guard case .attached(let stored) = try bob.reply() else { throw Unexpected(text: "not attached") }
        let whole = try bob.records()
        #expect(stored.state == "complete" && whole[0]?.count(of: .batch) == 1 && whole[0]?.count(of: .finish) == 1)
        #expect(try bob.streamEnds().map(\.problem) == [""])
        // From its end on there is nothing left.
        try bob.request(.attachSession(.with { ($0.name, $0.read) = ("nightly", [Self.bytes(whole)]) }))
        _ = try bob.reply()
        #expect(try bob.records().isEmpty && bob.streamEnds().count == 1)
        try bob.request(.stopSession(.with { $0.name = "nightly" }))
        guard case .refusal(let ended) = try bob.reply() else { throw Unexpected(text: "no refusal") }
        #expect(ended.text == "no session nightly is running")
    }

    @Test("A private detached session exists for its operator and for admins only, stored too")
    func privateStored() throws {
        let ann = try command()
        try ann.open { ($0.detach, $0.name, $0.private) = (true, "mine", true) }
        try node.prepare()
        try node.start()
        let session = try ann.opened().session
        try ann.request(.stopSession(.with { $0.name = "mine" }))
        try node.stop()
        try node.sendFinish(session)
        let bob = try command("bob")
        try bob.request(.attachSession(.with { $0.name = "mine" }))
        #expect(try bob.reply() == .refusal(WireRefusal(.noSuchSession, "no session mine is running or stored")))
        try bob.request(.listSessions(WireListSessions()))
        #expect(try bob.reply() == .sessions(WireSessionList()))
        let admin = try EmbeddedOperator(fleet, name: "root", role: .admin)
        try admin.request(.attachSession(.with { $0.session = session }))
        guard case .attached = try admin.reply() else { throw Unexpected(text: "not attached") }
    }

    @Test(
        "A count is taken back with everything that it has counted, also when it has ended meanwhile; it is not detached"
    )
    func counts() throws {
        let ann = try command()
        try ann.open { ($0.detach, $0.count.intervalMs) = (true, 100) }
        guard case .refusal(let refusal) = try ann.reply() else { throw Unexpected(text: "no refusal") }
        #expect(refusal.code == .unsupported && refusal.text.hasPrefix("a count cannot be detached"))

        try ann.open { $0.count.intervalMs = 100 }
        try node.prepare(count: SampleCounts.plan(["x"]))
        try node.start()
        let session = try ann.opened().session
        try node.sendCounts(session, SampleCounts.totals([SampleCounts.row(0, 5)]))
        _ = try ann.countReports()
        ann.disconnect()
        let again = try command()
        try again.request(.attachSession(.with { ($0.session, $0.reclaim) = (session, true) }))
        _ = try again.reply()
        #expect(try again.countReports().last?.nodes.first?.totals.rows.map(\.count) == [5])
        again.disconnect()
        try node.sendFinish(
            session, counts: SampleCounts.totals([SampleCounts.row(0, 7)], elapsed: 2_000_000_000, number: 0))
        let last = try command()
        try last.request(.attachSession(.with { ($0.session, $0.reclaim) = (session, true) }))
        _ = try last.reply()
        #expect(try last.countReports().last?.nodes.first?.totals.rows.map(\.count) == [7])
        #expect(try last.streamEnds().count == 1 && fleet.sessionCount() == 1)
        try last.leave()
        #expect(fleet.sessionCount() == 0)
    }

    @Test("Stored sessions are removed by the rules of the controller, and not while somebody reads them")
    func retention() throws {
        let fleet = EmbeddedController(retention: Retention(sessions: 1))
        let node = try fleet.connectNodes(["a"])[0]
        let ann = try EmbeddedOperator(fleet)
        func recorded(_ name: String) throws -> UInt64 {
            try ann.open { ($0.detach, $0.name) = (true, name) }
            try node.prepare()
            try node.start()
            let session = try ann.opened().session
            try ann.request(.stopSession(.with { $0.session = session }))
            _ = try ann.reply()
            try node.stop()
            try node.sendFinish(session)
            node.sequence = 0
            fleet.advance(.seconds(1))
            return session
        }
        let first = try recorded("one")
        ann.setWritable(false)
        try ann.request(.attachSession(.with { $0.session = first }))
        _ = try ann.replies()
        let second = try recorded("two")
        #expect(fleet.storage.removed == [second])
        ann.setWritable(true)
        let third = try recorded("three")
        #expect(fleet.storage.removed == [second, first])
        #expect(fleet.storage.removed.contains(third) == false)
    }
}
