/// Why a format file could not be read.
public enum EventFormatError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The text has this many bytes, more than any kernel's.
    case tooLong(Int)
    /// A required line is missing: `name`, `ID` or `print fmt`.
    case missing(String)
    /// A line that no kernel writes. Lines count from 1.
    case malformed(line: Int, String)
    /// A field is outside of any possible record.
    case fieldOutOfRange(String)

    /// A message for people.
    public var description: String {
        switch self {
        case .tooLong(let bytes): "event format of \(bytes) bytes: the limit is \(EventFormat.maximumTextLength)"
        case .missing(let what): "event format without its '\(what)' line"
        case .malformed(let line, let what): "event format, line \(line): \(what)"
        case .fieldOutOfRange(let name): "event format: field '\(name)' is outside of any record"
        }
    }
}
