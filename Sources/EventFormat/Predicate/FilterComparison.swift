/// How a filter compares.
public enum FilterComparison: UInt8, Sendable {
    case equal, notEqual, less, lessEqual, greater, greaterEqual, hasBits
    case matches
    /// Whether an address is inside or outside of a function.
    case inside, outside
}
