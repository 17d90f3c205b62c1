import ArgumentParser

/// A length of time: `500ms`, `5s`, `2m`, `1h`, `250us`, or plain seconds, `1.5`.
public struct Span: ExpressibleByArgument, Sendable, CustomStringConvertible {
    public var nanoseconds: Int64

    /// A hundred years.
    private static let longest = 3.2e18

    public init(seconds: Int64) {
        nanoseconds = seconds * 1_000_000_000
    }

    public init?(argument: String) {
        let units: [(String, Double)] = [("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)]
        let unit = units.first { argument.hasSuffix($0.0) } ?? ("", 1e9)
        guard let value = Double(argument.dropLast(unit.0.count)), value.isFinite, value >= 0,
            value * unit.1 < Self.longest
        else { return nil }
        nanoseconds = Int64(value * unit.1)
    }

    public var description: String { "\(Double(nanoseconds) / 1e9) s" }
}
