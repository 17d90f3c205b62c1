import SafeText
import SystemFacts
import TraceProtocol

/// Numbers and keys, formatted for people.
public enum CountText {
    /// With a comma between thousands.
    public static func grouped(_ number: some UnsignedInteger) -> String {
        let digits = String(number)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// Whether a counter of that name counts nanoseconds.
    static func isTime(_ event: String) -> Bool {
        ["cpu-clock", "task-clock"].contains(String(event.prefix { $0 != ":" }))
    }

    /// A count of `event`.
    static func value(_ count: UInt64, of event: String) -> String {
        isTime(event) ? "\(grouped(count / 1_000_000)).\(padded(count / 10_000 % 100, 2)) ms" : grouped(count)
    }

    /// A rate in 1/s.
    static func rate(_ count: UInt64, over time: Duration) -> String {
        guard time > .zero else { return "" }
        return short(Double(count) * 1e9 / Double(time.wholeNanoseconds))
    }

    /// Three digits and a unit prefix.
    static func short(_ value: Double) -> String {
        for (limit, unit) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")] where value >= limit {
            return decimal(value / (limit == 1e4 ? 1e3 : limit)) + unit
        }
        return decimal(value)
    }

    private static func decimal(_ value: Double) -> String {
        guard value < 100 else { return String(UInt64(value.rounded())) }
        let scaled = UInt64((value * 100).rounded())
        return "\(scaled / 100).\(padded(scaled % 100, 2))"
    }

    static func padded(_ number: UInt64, _ digits: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// A part of a whole, in percent.
    static func share(_ part: UInt64, of whole: UInt64) -> String {
        whole > 0 ? percent(Double(part) / Double(whole)) : ""
    }

    /// A part of a time, in percent.
    static func share(_ part: Duration, of whole: Duration) -> String {
        whole > .zero ? percent(part / whole) : ""
    }

    private static func percent(_ share: Double) -> String {
        // A sum that a hostile node has made overflow can be less than its part.
        let tenths = UInt64(min((share * 1000).rounded(), 1000))
        return "\(tenths / 10).\(tenths % 10) %"
    }

    /// In seconds, with milliseconds.
    public static func seconds(_ time: Duration) -> String {
        let milliseconds = UInt64(max(time.wholeNanoseconds, 0) / 1_000_000)
        return "\(milliseconds / 1000).\(padded(milliseconds % 1000, 3))"
    }

    /// A value of a key, for tables.
    public static func key(_ key: WireCountKey) -> String { rawKey(key).safeLine }

    /// A value of a key as it is: tasks choose their own names.
    static func rawKey(_ key: WireCountKey) -> String {
        switch key.value {
        case .number(let number): String(number)
        case .unsigned(let number): String(number)
        case .text(let bytes): String(decoding: bytes, as: UTF8.self)
        case nil: ""
        }
    }
}
