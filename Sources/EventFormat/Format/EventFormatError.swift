/// Why a format file could not be read.
public enum EventFormatError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The text is longer than any kernel's, in bytes.
    case tooLong(Int)
    /// A line that must be there is not: `name`, `ID` or `print fmt`.
    case missing(String)
    /// A line that is not as the kernel writes it. Lines count from 1.
    case malformed(line: Int, String)
    /// A field lies outside any possible record.
    case fieldOutOfRange(String)

    /// For people.
    public var description: String {
        switch self {
        case .tooLong(let bytes): "event format of \(bytes) bytes: the limit is \(EventFormat.maximumTextLength)"
        case .missing(let what): "event format without its '\(what)' line"
        case .malformed(let line, let what): "event format, line \(line): \(what)"
        case .fieldOutOfRange(let name): "event format: field '\(name)' lies outside any record"
        }
    }
}
