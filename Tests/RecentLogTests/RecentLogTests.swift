import Logging
import Testing

@testable import RecentLog

struct RecentLogTests {
    /// What was written to the log itself.
    private final class Sink: LogHandler, @unchecked Sendable {
        var texts: [String] = []
        var logLevel = Logger.Level.info
        var metadata = Logger.Metadata()
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) { texts.append(event.message.description) }
    }

    private static func log(_ recent: RecentLog) -> (Logger, Sink) {
        let sink = Sink()
        return (recent.following(Logger(label: "test") { _ in sink }), sink)
    }

    @Test("The last lines stay, oldest first, and go to the log as before")
    func ring() {
        let recent = RecentLog(capacity: 3)
        let (log, sink) = Self.log(recent)
        for number in 1...7 { log.notice("line \(number)", metadata: ["b": "2", "a": "\(number)"]) }
        log.debug("not severe enough")
        #expect(recent.lines.map(\.text) == ["line 5 a=5 b=2", "line 6 a=6 b=2", "line 7 a=7 b=2"])
        #expect(recent.lines.allSatisfy { $0.level == .notice && $0.at.nanoseconds > 1_000_000_000_000_000_000 })
        #expect(sink.texts.count == 7)
    }

    @Test("A long line is cut at a whole character")
    func long() throws {
        let recent = RecentLog()
        let (log, _) = Self.log(recent)
        log.info("x\(String(repeating: "é", count: 5000))")
        let text = try #require(recent.lines.first?.text)
        #expect(text.utf8.count == 1023 && text.hasSuffix("é"))
    }

    @Test("Names are found as words")
    func words() {
        let line = RecentLog.Line(at: .now, level: .info, text: "open nodes=[\"web-1\", \"db.example\"] node=x_2")
        #expect(line.mentions("web-1") && line.mentions("db.example") && line.mentions("x_2"))
        #expect(!line.mentions("web") && !line.mentions("web-11") && !line.mentions("example") && !line.mentions(""))
    }
}
