import Quotas

/// A peer took more than it may. It costs the peer its connection.
public struct OverBudget: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// - Parameter what: in the plural, e.g. "pings".
    public init(_ what: String, _ rate: Rate) {
        description = "over budget: more \(what) than \(rate)"
    }

    public init(_ text: String) {
        description = "over budget: \(text)"
    }
}
