/// Why a filter could not be compiled.
public struct EventPredicateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    public let reason: String
    /// Byte offset in the filter.
    public let position: Int
    /// The filter.
    public let filter: String
    /// Names that would be right, where a field's name is wrong.
    public let fields: [String]

    /// The reason, the filter with a mark below the place, and the fields.
    public var description: String {
        var text = "\(reason)\n  \(filter)\n  \(String(repeating: " ", count: min(position, 200)))^"
        if !fields.isEmpty { text += "\nfields: \(fields.joined(separator: " "))" }
        return text
    }
}
