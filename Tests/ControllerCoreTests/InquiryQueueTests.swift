import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Requests at one node: few at a time, operators in turn, equal ones once")
struct InquiryQueueTests {
    private let budget = Budget.Node()

    private func list(_ pattern: String) -> WireCommand.OneOf_Action {
        .listNames(.with { $0.functions = pattern })
    }

    /// The patterns of what is sent now.
    private func sent(_ queue: inout InquiryQueue) -> [(turn: UInt64, what: String)] {
        var sent: [(turn: UInt64, what: String)] = []
        while let (turn, inquiry) = queue.next() {
            guard case .listNames(let names) = inquiry.action else { continue }
            sent.append((turn, names.functions))
        }
        return sent
    }

    @Test("Operators take turns, however many requests one has")
    func turns() throws {
        var queue = InquiryQueue(budget)
        for pattern in ["a1", "a2", "a3", "a4"] { try queue.add(list(pattern), for: "ann") { _ in } }
        try queue.add(list("b1"), for: "bob") { _ in }
        var order: [String] = []
        while case let step = sent(&queue), !step.isEmpty {
            order += step.map(\.what)
            for (turn, _) in step { queue.finished(turn) }
        }
        #expect(order == ["a1", "b1", "a2", "a3", "a4"])
    }

    @Test("A node has two at a time")
    func underWay() throws {
        var queue = InquiryQueue(budget)
        for pattern in ["1", "2", "3", "4"] { try queue.add(list(pattern), for: "ann") { _ in } }
        let first = sent(&queue)
        #expect(first.map(\.what) == ["1", "2"])
        queue.finished(first[0].turn)
        #expect(sent(&queue).map(\.what) == ["3"])
        #expect(sent(&queue).isEmpty)
    }

    @Test("Equal requests that wait are one, and everybody gets its reply")
    func equal() throws {
        var queue = InquiryQueue(budget)
        for pattern in ["1", "2"] { try queue.add(list(pattern), for: "ann") { _ in } }
        _ = sent(&queue)
        var replies: [String] = []
        for name in ["ann", "bob", "cid"] { try queue.add(list("x"), for: name) { _ in replies.append(name) } }
        queue.finished(1)
        while let (_, inquiry) = queue.next() {
            for reply in inquiry.replies { reply(WireCommandReply()) }
        }
        #expect(replies == ["ann", "bob", "cid"])
    }

    @Test("One operator's requests that wait are limited; another's still find room")
    func waiting() throws {
        var queue = InquiryQueue(budget)
        for number in 0..<budget.inquiriesWaiting { try queue.add(list("\(number)"), for: "ann") { _ in } }
        #expect(throws: WireRefusal.self) { try queue.add(list("more"), for: "ann") { _ in } }
        try queue.add(list("more"), for: "bob") { _ in }
        let rest = queue.removeAll().count
        #expect(rest == budget.inquiriesWaiting + 1)
    }
}
