import NIOCore
import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("What one operator may have at a time")
struct OperatorBudgetTests {
    private func refusals(_ ann: EmbeddedOperator) throws -> [WireRefusal] {
        try ann.replies().compactMap { if case .refusal(let refusal) = $0.outcome { refusal } else { nil } }
    }

    @Test("Requests: who sends more than 1,000 at once is thrown out, on any connection")
    func requests() throws {
        let fleet = EmbeddedController()
        let ann = try EmbeddedOperator(fleet)
        for _ in 0..<1_000 { try ann.request(.listSessions(WireListSessions())) }
        #expect(try ann.replies().count == 1_000)
        #expect(try ann.frames(.goodbye).isEmpty)
        try ann.request(.listSessions(WireListSessions()))
        let goodbye = try #require(try ann.frames(.goodbye).first).message(WireGoodbye.self)
        #expect(goodbye.reason == .overBudget && goodbye.text.contains("requests"))
        let again = try EmbeddedOperator(fleet)
        try again.request(.listSessions(WireListSessions()))
        #expect(try again.frames(.goodbye).count == 1)
        let bob = try EmbeddedOperator(fleet, name: "bob")
        try bob.request(.listSessions(WireListSessions()))
        #expect(try bob.replies().count == 1)
    }

    @Test("A goodbye is no ping: an operator may come and go a hundred times a moment; a connection has one goodbye")
    func goodbyes() throws {
        let fleet = EmbeddedController()
        let goodbye = try Frame(.goodbye, WireGoodbye(.shuttingDown, ""))
        for _ in 0..<100 {
            let ann = try EmbeddedOperator(fleet)
            try ann.leave()
            #expect(try ann.frames(.goodbye).isEmpty)
        }
        let ann = try EmbeddedOperator(fleet)
        for _ in 0..<66 { try ann.send(goodbye) }
        let answer = try #require(try ann.frames(.goodbye).first).message(WireGoodbye.self)
        #expect(answer.reason == .overBudget && answer.text.contains("pings"))
    }

    @Test("Requests without a reply: the 65th is refused, and one more fits when one was replied to")
    func underWay() throws {
        let fleet = EmbeddedController()
        let node = try fleet.connectNodes(["a"])[0]
        let ann = try EmbeddedOperator(fleet)
        for _ in 0..<65 { try ann.request(.describeNode(.with { $0.node = "a" })) }
        #expect(try refusals(ann).map(\.code) == [.overBudget])
        for command in try node.commands() { try node.reply(to: command, .described(WireNodeDescription())) }
        for command in try node.commands() { try node.reply(to: command, .described(WireNodeDescription())) }
        #expect(try ann.replies().count == 64)
        try ann.request(.listSessions(WireListSessions()))
        #expect(try ann.replies().count == 1)
    }

    @Test("A viewer's thousand descriptions are two at the node at a time, and three in all")
    func descriptions() throws {
        let fleet = EmbeddedController()
        let node = try fleet.connectNodes(["a"])[0]
        let ann = try EmbeddedOperator(fleet)
        for _ in 0..<60 { try ann.request(.describeNode(.with { $0.node = "a" })) }
        let first = try node.commands()
        #expect(first.count == 2)
        for command in first { try node.reply(to: command, .described(WireNodeDescription())) }
        let second = try node.commands()
        #expect(second.count == 1)
        for command in second { try node.reply(to: command, .described(WireNodeDescription())) }
        #expect(try node.commands().isEmpty)
        #expect(try ann.replies().count == 60)
    }

    @Test("Sessions: 60 of one operator are open at once; the 65th is refused, another operator's is not")
    func sessions() throws {
        let fleet = EmbeddedController()
        let node = try fleet.connectNodes(["a"])[0]
        let ann = try EmbeddedOperator(fleet)
        for _ in 0..<64 {
            try ann.open()
            #expect(try node.commands().count == 1)
        }
        try ann.open()
        #expect(try refusals(ann).map(\.code) == [.overBudget])
        #expect(try node.commands().isEmpty)
        let bob = try EmbeddedOperator(fleet, name: "bob")
        try bob.open()
        #expect(try node.commands().count == 1)
        #expect(fleet.sessionCount() == 65)
    }

    @Test("Attaching: the 17th on a connection is refused")
    func attachments() throws {
        let fleet = EmbeddedController()
        let nodes = try fleet.connectNodes(["a"])
        let ann = try EmbeddedOperator(fleet)
        let session = try ann.record(on: nodes)
        let bob = try EmbeddedOperator(fleet, name: "bob")
        for _ in 0..<17 { try bob.request(.attachSession(.with { $0.session = session })) }
        #expect(try refusals(bob).map(\.code) == [.overBudget])
    }
}
