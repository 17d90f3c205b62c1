import Testing
import TraceProtocol

@testable import OperatorClient

/// What an operator reads when a session starts, or does not.
@Suite struct ReplyTextTests {
    private static func reply(_ node: String, startedAt time: Int64 = 0, bound: Int64 = 0) -> WireNodeReply {
        var reply = WireNodeReply()
        reply.node = node
        reply.started = true
        reply.startedAt = time
        reply.startedBound = bound
        var event = WireEventName()
        event.system = "sched"
        event.name = "sched_switch"
        reply.prepared.events = [event]
        return reply
    }

    private static func refusal(_ node: String, _ text: String, detail: String = "") -> WireNodeReply {
        var reply = WireNodeReply()
        reply.node = node
        reply.refusal = WireRefusal(.badFilter, text, detail: detail)
        return reply
    }

    @Test("One node: what is traced, and how to end it")
    func oneNode() {
        var opened = WireSessionOpened()
        opened.replies = [Self.reply("a")]
        #expect(StartText.lines(opened) == ["tracing 1 event on 1 node; Ctrl-C ends it"])
    }

    @Test("Several nodes: how close together they started, and each start with its bound")
    func severalNodes() {
        var opened = WireSessionOpened()
        opened.startAt = 1_000_000
        opened.replies = [
            Self.reply("a", startedAt: 1_005_000, bound: 2_500), Self.reply("b", startedAt: 1_012_000, bound: -1),
            Self.refusal("c", "no"),
        ]
        #expect(
            StartText.lines(opened) == [
                "tracing 1 event on 2 nodes, started within 7 us; Ctrl-C ends it",
                "start: min 5 us (a), median 5 us, max 12 us (b) after the moment; each: a 5 us ±3 us, b 12 us ±?",
            ])
    }

    @Test("Notes of nodes share a line when they are the same; a missed start is told")
    func notes() {
        var opened = WireSessionOpened()
        opened.replies = [Self.reply("a"), Self.reply("b"), Self.reply("c")]
        for index in opened.replies.indices { opened.replies[index].prepared.notes = ["buffer cut to 8 MiB"] }
        opened.replies[2].missedStart = true
        #expect(
            StartText.lines(opened) == [
                "tracing 1 event on 3 nodes, started within 0 us (c missed the moment and started at once); Ctrl-C ends it",
                "3 of 3 nodes (a, b, c): buffer cut to 8 MiB",
            ])
    }

    @Test("Refusals that are the same share a line, with the kernel's own text below")
    func refusals() {
        let replies = [
            Self.refusal("a", "filter refused", detail: "prev_pidd != 0\n^"), Self.reply("b"),
            Self.refusal("c", "filter refused", detail: "prev_pidd != 0\n^"), Self.refusal("d", "no tracefs"),
        ]
        #expect(
            RefusalText.lines(replies) == [
                "2 of 4 nodes (a, c): filter refused", "  prev_pidd != 0", "  ^", "node d: no tracefs",
            ])
    }

    @Test("More than five nodes are cut")
    func manyNodes() {
        #expect(
            NodeGroupText.who(["a", "b", "c", "d", "e", "f"], of: 9) == "6 of 9 nodes (a, b, c, d, e, ...)")
    }
}
