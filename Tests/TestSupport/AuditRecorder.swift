import Logging
import Synchronization

/// A log handler that keeps audit lines as one text each.
public final class AuditRecorder: LogHandler {
    public init() {}

    private let lines = Mutex<[String]>([])
    public var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    public var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    public func log(event: LogEvent) {
        guard event.message == "audit", let data = event.metadata else { return }
        func text(_ key: String) -> String { data[key].map { "\($0)" } ?? "" }
        let line =
            if let more = data["further_requests"] {
                "\(text("identity")): \(more) further requests"
            } else {
                "\(text("identity")) \(text("address")): \(text("request")) -> \(text("result"))"
                    + (data["more_of_these"].map { " (\($0) more)" } ?? "")
            }
        lines.withLock { $0.append(line) }
    }

    /// Lines since the last call.
    public func removeAll() -> [String] {
        lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }
}
