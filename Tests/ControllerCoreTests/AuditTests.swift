import SecureTransport
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Audit lines: identity, address, request and result of every request")
struct AuditTests {
    @Test("Lists, refusals, attaches, stops and describes are among them")
    func everyRequest() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet, name: "ann")
        let session = try ann.record(on: nodes)
        let vera = try EmbeddedOperator(fleet, name: "vera", role: .viewer)
        try vera.request(.listNodes(WireListNodes()))
        try vera.request(.listSessions(WireListSessions()))
        try vera.request(.attachSession(.with { $0.session = session }))
        try vera.request(.stopSession(.with { $0.session = session }))
        try vera.request(.describeNode(.with { $0.node = "nowhere" }))
        try ann.request(.stopSession(.with { $0.session = session }))
        let id = session.sessionText
        let lines = fleet.auditLines()
        #expect(
            lines == [
                "operator/ann (tracer) 127.0.0.1: trace events [\"sched\"] on all -> session \(id) started on 1 of 1 nodes",
                "operator/vera (viewer) 127.0.0.1: list nodes -> done",
                "operator/vera (viewer) 127.0.0.1: list sessions -> done",
                "operator/vera (viewer) 127.0.0.1: attach to session \(id) -> done",
                "operator/vera (viewer) 127.0.0.1: stop session \(id) -> refused: "
                    + "operator vera may not stop sessions: that needs the role tracer",
                "operator/vera (viewer) 127.0.0.1: describe node nowhere -> refused: "
                    + "the controller knows no node \"nowhere\"",
                "operator/ann (tracer) 127.0.0.1: stop session \(id) -> done",
            ])
    }

    @Test("Repeats are one line a second, and the number of the others")
    func repeats() throws {
        let fleet = EmbeddedController()
        let vera = try EmbeddedOperator(fleet, name: "vera", role: .viewer)
        for _ in 0..<1000 { try vera.request(.listNodes(WireListNodes())) }
        #expect(fleet.auditLines().count == 1)
        fleet.advance(.seconds(2))
        #expect(
            fleet.auditLines() == [
                "operator/vera (viewer) 127.0.0.1: list nodes -> done (999 more)"
            ])
    }

    @Test("Whoever asks for ever other things gets few lines, but cannot hide a change behind them")
    func flood() throws {
        let fleet = EmbeddedController()
        let tom = try EmbeddedOperator(fleet, name: "tom")
        for index in 0..<900 { try tom.request(.describeNode(.with { $0.node = "x\(index)" })) }
        try tom.request(.stopSession(.with { $0.session = 5 }))
        let lines = fleet.auditLines()
        #expect(lines.count == 33)
        #expect(lines.last?.contains("stop session 5 -> refused") == true)
        fleet.advance(.seconds(2))
        #expect(fleet.auditLines() == ["operator/tom (tracer): 868 further requests"])
    }

    @Test("A request whose operator left has a line too")
    func left() throws {
        let fleet = EmbeddedController()
        _ = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet, name: "ann")
        try ann.request(.describeNode(.with { $0.node = "a" }))
        ann.disconnect()
        #expect(
            fleet.auditLines() == ["operator/ann (tracer) 127.0.0.1: describe node a -> no reply: the operator left"])
    }

    @Test("Agents are told whose request it is")
    func askedBy() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet, name: "ann")
        try ann.request(.describeNode(.with { $0.node = "a" }))
        #expect(try nodes[0].command().askedBy == "operator/ann (tracer) from 127.0.0.1")
        try ann.open()
        #expect(try nodes[0].command().askedBy == "operator/ann (tracer) from 127.0.0.1")
    }
}
