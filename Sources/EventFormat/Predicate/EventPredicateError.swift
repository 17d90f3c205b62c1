/// Why a filter could not be compiled.
public struct EventPredicateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong.
    public let reason: String
    /// Byte offset in the filter.
    public let position: Int
    /// The filter.
    public let filter: String
    /// The names of the event's fields, if the filter has an unknown one.
    public let fields: [String]

    /// The reason, the filter with a caret below the position, and the fields.
    public var description: String {
        var text = "\(reason)\n  \(filter)\n  \(String(repeating: " ", count: min(position, 200)))^"
        if !fields.isEmpty { text += "\n  fields: \(fields.joined(separator: " "))" }
        return text
    }
}
