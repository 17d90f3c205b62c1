import Logging
import Synchronization
import Testing

@testable import RecentLog

@Suite("Log lines that cannot be forged")
struct SafeLogHandlerTests {
    private final class Output: TextOutputStream, Sendable {
        let text = Mutex("")
        func write(_ string: String) { text.withLock { $0 += string } }
    }

    private static func logged(_ body: (Logger) -> Void) -> String {
        let output = Output()
        body(Logger(label: "test") { SafeLogHandler(StreamLogHandler(label: $0, stream: output)) })
        return output.text.withLock { $0 }
    }

    @Test("A value with a line break is one line, and its end can be seen")
    func value() {
        let line = Self.logged {
            $0.notice("refused", metadata: ["reason": "no\n2026 critical: session=1 \u{1b}[2J", "node": "web-1"])
        }
        #expect(
            line.hasSuffix(#" node=web-1 reason="no 2026 critical: session=1 ?[2J" [RecentLogTests] refused"# + "\n"))
        #expect(line.utf8.count { $0 == 10 } == 1)
    }

    @Test("Lists and dictionaries, keys, messages and errors are safe too")
    func others() {
        struct Failure: Error, CustomStringConvertible { var description: String { "a\u{202e}\nb" } }
        let line = Self.logged {
            $0.error(
                "m\r\n\(1)", error: Failure(),
                metadata: [
                    "l": .texts(["p:x a=%di", "b\n\u{2028}\""]), "k\n": ["d\u{9b}": "x\n"], "n": .stringConvertible(7),
                ])
        }
        #expect(
            !line.dropLast().unicodeScalars.contains { $0.value < 32 || [0x202e, 0x2028, 0x9b].contains($0.value) },
            "\(line)")
        #expect(line.contains(#"error="a? b""#) && line.contains("n=7"), "\(line)")
        #expect(line.contains(#"l=["p:x a=%di", "b ?\""]"#), "\(line)")
    }

    @Test("The lines that are kept are the same")
    func kept() {
        let recent = RecentLog()
        _ = Self.logged { recent.following($0).notice("refused", metadata: ["reason": "no\nnode=web-2"]) }
        #expect(recent.lines.map(\.text) == [#"refused reason="no node=web-2""#])
    }

    @Test("What every line of a logger has is not quoted twice")
    func standing() {
        let recent = RecentLog()
        let line = Self.logged {
            var log = recent.following($0)
            log[metadataKey: "peer"] = "a b"
            log.notice("x")
        }
        #expect(line.contains(#" peer="a b" "#) && recent.lines.map(\.text) == [#"x peer="a b""#])
    }
}
