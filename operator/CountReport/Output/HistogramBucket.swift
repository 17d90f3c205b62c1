import TraceProtocol

/// A power of two, numbered as in counts.proto: n > 0 holds 2^(n-1) < value <= 2^n, 0 the value 1, -1 the value 0, -2
/// smaller values.
public struct HistogramBucket: Sendable, Hashable, Comparable {
    let number: Int64

    init(_ key: WireCountKey) {
        number = min(max(key.number, -2), 64)
    }

    init(number: Int64) {
        self.number = number
    }

    public static func < (a: HistogramBucket, b: HistogramBucket) -> Bool { a.number < b.number }

    private var low: UInt64 { number <= 0 ? 1 : 1 << UInt64(number - 1) }
    private var high: UInt64 { number >= 64 ? .max : 1 << UInt64(max(0, number)) }

    /// The values that it holds.
    var text: String {
        switch number {
        case ...(-2): "< 0"
        case -1: "0"
        case 0, 1: "\(high)"
        default: "\(low + 1)..\(high)"
        }
    }

    /// The times that it holds, if values are nanoseconds.
    var timeText: String {
        switch number {
        case ...(-2): "< 0"
        case ..<1: "..1 ns"
        default: "\(Self.time(low))..\(Self.time(high))"
        }
    }

    private static func time(_ nanoseconds: UInt64) -> String {
        for (limit, unit) in [(1_000_000_000, "s"), (1_000_000, "ms"), (1000, "us")] as [(UInt64, String)]
        where nanoseconds >= limit {
            return "\(CountText.short(Double(nanoseconds) / Double(limit))) \(unit)"
        }
        return "\(nanoseconds) ns"
    }
}
