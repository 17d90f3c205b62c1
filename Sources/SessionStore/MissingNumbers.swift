/// Finds the numbered frames that are missing from a log.
public struct MissingNumbers: Sendable {
    /// The highest number so far; 0 before the first.
    public private(set) var last: UInt64 = 0
    /// The numbers that are missing so far.
    public private(set) var ranges: [ClosedRange<UInt64>] = []

    public init() {}

    /// How a frame follows the ones before it.
    public enum Step: Equatable, Sendable {
        case next
        case after(missing: ClosedRange<UInt64>)
        /// It, or a later one, has been there before.
        case again
    }

    public mutating func add(_ number: UInt64) -> Step {
        guard number > last else { return .again }
        defer { last = number }
        guard number > last + 1 else { return .next }
        let missing = last + 1...number - 1
        ranges.append(missing)
        return .after(missing: missing)
    }

    /// `frame 7 is missing`, or `frames 7 to 9 are missing`.
    public static func text(_ numbers: ClosedRange<UInt64>) -> String {
        numbers.lowerBound == numbers.upperBound
            ? "frame \(numbers.lowerBound) is missing"
            : "frames \(numbers.lowerBound) to \(numbers.upperBound) are missing"
    }
}
