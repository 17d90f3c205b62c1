import Logging
import SafeText

/// Makes everything that is logged safe before another handler writes it: one call is one line, and a value cannot pass
/// for further values, whatever a peer or a kernel put into it.
public struct SafeLogHandler: LogHandler {
    private var behind: any LogHandler

    /// - Parameter behind: writes the lines.
    public init(_ behind: any LogHandler) {
        self.behind = behind
    }

    /// Writes to stderr.
    ///
    ///     LoggingSystem.bootstrap(SafeLogHandler.standardError)
    public static func standardError(label: String) -> SafeLogHandler {
        SafeLogHandler(StreamLogHandler.standardError(label: label))
    }

    public var logLevel: Logger.Level {
        get { behind.logLevel }
        set { behind.logLevel = newValue }
    }

    public var metadata: Logger.Metadata {
        get { behind.metadata }
        set { behind.metadata = newValue.safe }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { behind[metadataKey: key] }
        set { behind[metadataKey: key] = newValue?.safe }
    }

    public func log(event: LogEvent) {
        var event = event
        event.message = "\(event.message.description.safeLine)"
        event.metadata = event.safeMetadata
        event.error = nil
        behind.log(event: event)
    }
}

extension LogEvent {
    /// Of this call, its error included.
    var safeMetadata: Logger.Metadata? {
        guard let error else { return metadata?.safe }
        return (metadata ?? [:]).merging(["error": "\(error)"]) { first, _ in first }.safe
    }
}

extension Logger.Metadata {
    fileprivate var safe: Logger.Metadata {
        Dictionary(map { ($0.key.safeLine, $0.value.safe) }, uniquingKeysWith: { first, _ in first })
    }
}

extension Logger.MetadataValue {
    /// `["sched:*", "irq:*"]`
    public static func texts(_ texts: [String]) -> Logger.MetadataValue { .array(texts.map { .string($0) }) }

    /// A text with a blank, a quote or `=` stands in quotes, so that its end can be seen.
    fileprivate var safe: Logger.MetadataValue {
        switch self {
        case .string(let text): .string(Self.quoted(text))
        case .stringConvertible(let value): .string(Self.quoted(value.description))
        // Swift describes the texts inside in quotes already.
        case .array(let values): .array(values.map { .string("\($0)".safeLine) })
        case .dictionary(let values):
            .dictionary(
                Dictionary(
                    values.map { ($0.key.safeLine, .string("\($0.value)".safeLine)) },
                    uniquingKeysWith: { first, _ in first }))
        @unknown default: .string(Self.quoted("\(self)"))
        }
    }

    private static func quoted(_ text: String) -> String {
        let line = text.safeLine
        let isPlain = line.utf8.allSatisfy { $0 != 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
        return isPlain && !line.isEmpty ? line : JSONText.quoted(line)
    }
}
