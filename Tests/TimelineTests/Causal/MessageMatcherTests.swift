import TestSupport
import Testing
import TraceClock

@testable import Timeline

struct MessageMatcherTests {
    private static func key(_ value: UInt64) -> MessageKey {
        var builder = MessageKeyBuilder()
        builder.append(value)
        return builder.key
    }

    @Test func oneSendAndOneReceiveOnTwoNodesAreAMessage() {
        var matcher = MessageMatcher()
        matcher.add(.receive, Self.key(1), node: 1, at: 50)
        matcher.add(.send, Self.key(1), node: 0, at: 20)
        // On one node, on one side only.
        matcher.add(.send, Self.key(2), node: 0, at: 30)
        matcher.add(.receive, Self.key(2), node: 0, at: 40)
        matcher.add(.send, Self.key(3), node: 0, at: 30)
        #expect(matcher.messages() == [MatchedMessage(sender: 0, sent: 20, receiver: 1, received: 50)])
        #expect(matcher.local == 1 && matcher.lone == 1 && matcher.repeated == 0)
    }

    /// A retransmission, a value that is used again, one request that two nodes received: which belongs to which is not
    /// known.
    @Test func aKeyThatRepeatsIsNoMessage() {
        for extra in [(MessageMatcher.End.send, 0), (.send, 2), (.receive, 1), (.receive, 2)] {
            var matcher = MessageMatcher()
            matcher.add(.send, Self.key(1), node: 0, at: 20)
            matcher.add(.receive, Self.key(1), node: 1, at: 50)
            matcher.add(extra.0, Self.key(1), node: extra.1, at: 70)
            #expect(matcher.messages().isEmpty && matcher.repeated == 1)
        }
    }

    /// A flood of keys takes bounded memory, and what is kept are whole messages.
    @Test func aFullTableKeepsMessages() {
        var matcher = MessageMatcher(capacity: 1000)
        for value in 0..<50_000 as Range<UInt64> { matcher.add(.send, Self.key(value), node: 0, at: Int64(value)) }
        for value in 0..<50_000 as Range<UInt64> {
            matcher.add(.receive, Self.key(value), node: 1, at: Int64(value) + 9)
        }
        let messages = matcher.messages()
        #expect(messages.count > 300 && messages.count <= 1000 && matcher.lone == 0 && matcher.thinning == 64)
        #expect(messages.allSatisfy { $0.received == $0.sent + 9 })
        #expect((messages.last?.sent ?? 0) - (messages.first?.sent ?? 0) > 40_000, "not spread over the session")
    }

    /// The reference implementation's values (https://github.com/veorq/SipHash, vectors.h) have a final block of their
    /// own, so only what matters here is checked: no value is taken for another.
    @Test func differentValuesHaveDifferentKeys() {
        var keys: Set<MessageKey> = []
        for value in 0..<20_000 as Range<UInt64> { keys.insert(Self.key(value << 20)) }
        #expect(keys.count == 20_000 && Set(keys.map(\.low)).count == 20_000)
        func text(_ parts: [String]) -> MessageKey {
            var builder = MessageKeyBuilder()
            for part in parts { Array(part.utf8).withUnsafeBytes { builder.append($0) } }
            return builder.key
        }
        #expect(text(["ab", "c"]) != text(["a", "bc"]) && text(["a"]) != text(["a\0"]) && text([""]) != text([]))
        #expect(text(["request-1"]) == text(["request-1"]))
    }
}
