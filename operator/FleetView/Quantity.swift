import SystemFacts

/// Numbers, formatted for people.
public enum Quantity {
    /// `987`, `12.3k`, `4.56M`: three digits.
    public static func short(_ value: Double) -> String {
        let units: [(Double, String)] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")]
        guard value.isFinite else { return "?" }
        // What rounds to 1000 belongs to the next unit.
        for (size, unit) in units where value >= size * 0.9995 { return digits(value / size) + unit }
        return value == value.rounded() || value >= 99.95 ? "\(Int(value.rounded()))" : digits(value)
    }

    /// `12.3 MB`; powers of 1000.
    public static func bytes(_ value: UInt64) -> String {
        let text = short(Double(value))
        guard let last = text.last, last.isLetter else { return text + " B" }
        return text.dropLast() + " \(last)B"
    }

    /// `850us`, `12ms`, `3s`; `?` below 0, which stands for unknown.
    public static func duration(_ duration: Duration) -> String {
        let nanoseconds = duration.wholeNanoseconds
        return switch nanoseconds {
        case ..<0: "?"
        case ..<1000: "\(nanoseconds)ns"
        case ..<1_000_000: "\(nanoseconds / 1000)us"
        case ..<1_000_000_000: "\(nanoseconds / 1_000_000)ms"
        default: "\(nanoseconds / 1_000_000_000)s"
        }
    }

    private static func digits(_ value: Double) -> String {
        let decimals = value < 9.995 ? 100.0 : value < 99.95 ? 10.0 : 1.0
        let scaled = Int((value * decimals).rounded())
        if decimals == 1 { return "\(scaled)" }
        let fraction = String(scaled % Int(decimals) + Int(decimals)).dropFirst()
        return "\(scaled / Int(decimals)).\(fraction)"
    }
}
