/// A length of time on the command line: `500ms`, `5s`, `2m`, `1h`, `7d`, `250us`, `1.5` (seconds).
///
///     @Option(transform: DurationArgument.parse) var interval: Duration?
public enum DurationArgument {
    /// A hundred years, in nanoseconds: more than this is not meant, and what is shorter fits into Int64.
    private static let longest = 3.2e18

    /// Nanoseconds of each unit. The longer suffixes come first, since `ms` ends in `s` too.
    private static let units: [(suffix: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9), ("d", 86_400e9),
    ]

    /// - Throws: `DurationArgumentError`.
    public static func parse(_ text: String) throws(DurationArgumentError) -> Duration {
        let unit = units.first { text.hasSuffix($0.suffix) } ?? ("", 1e9)
        guard let value = Double(text.dropLast(unit.suffix.count)), value.isFinite, value >= 0,
            value * unit.nanoseconds < longest
        else { throw DurationArgumentError() }
        return .nanoseconds(Int64(value * unit.nanoseconds))
    }
}

/// The text is no length of time.
public struct DurationArgumentError: Error, CustomStringConvertible {
    public var description: String {
        "a length of time is a number with ns, us, ms, s, m, h or d, e.g. 500ms, 1.5s or 2m; without a unit, seconds"
    }
}
