import Logging
import SafeText
import Synchronization
import SystemFacts

/// The last lines of a process's log, to be shown elsewhere.
public final class RecentLog: Sendable {
    /// One line, as the log has it.
    public struct Line: Sendable, Equatable {
        public var at: EpochInstant
        public var level: Logger.Level
        /// The message, and its metadata as `key=value`, sorted by key, as `SafeLogHandler` writes them. At most `longest`
        /// bytes of UTF-8, whole characters.
        public var text: String

        /// Whether the text contains a word. Words consist of letters, digits, `-`, `_` and `.`.
        public func mentions(_ word: String) -> Bool {
            text.split { !($0.isLetter || $0.isNumber || "-_.".contains($0)) }.contains { $0 == word }
        }
    }

    private struct Ring {
        var lines: [Line] = []
        /// Index of the oldest once the ring is full.
        var next = 0
    }

    private let ring = Mutex(Ring())
    private let capacity: Int
    /// Bytes of one line. It may quote what a peer sent, so it has a limit.
    static let longest = 1024

    public init(capacity: Int = 200) {
        self.capacity = capacity
    }

    /// A logger that writes where `log` does, and whose lines are kept here too.
    public func following(_ log: Logger) -> Logger {
        var log = log
        log.handler = Handler(behind: log.handler, recent: self)
        return log
    }

    /// Oldest first.
    public var lines: [Line] {
        ring.withLock { Array($0.lines[$0.next...] + $0.lines[..<$0.next]) }
    }

    func add(_ line: Line) {
        ring.withLock { ring in
            guard ring.lines.count == capacity else { return ring.lines.append(line) }
            ring.lines[ring.next] = line
            ring.next = (ring.next + 1) % capacity
        }
    }
}

extension RecentLog {
    /// Writes to the original log and to the ring.
    private struct Handler: LogHandler {
        var behind: any LogHandler
        let recent: RecentLog

        var logLevel: Logger.Level {
            get { behind.logLevel }
            set { behind.logLevel = newValue }
        }

        var metadata: Logger.Metadata {
            get { behind.metadata }
            set { behind.metadata = newValue }
        }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { behind[metadataKey: key] }
            set { behind[metadataKey: key] = newValue }
        }

        func log(event: LogEvent) {
            behind.log(event: event)
            let all = metadata.merging(event.safeMetadata ?? [:]) { $1 }
            let text =
                ([event.message.description.safeLine] + all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
                .joined(separator: " ")
            recent.add(Line(at: .now, level: event.level, text: text.cut(RecentLog.longest)))
        }
    }
}

extension String {
    /// As many whole characters as fit into so many bytes.
    fileprivate func cut(_ bytes: Int) -> String {
        guard utf8.count > bytes else { return self }
        var end = utf8.index(startIndex, offsetBy: bytes)
        while end.samePosition(in: self) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
