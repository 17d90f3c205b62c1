import EventFormat
import Glibc

/// Writes times of day in the local zone or UTC, `HH:MM:SS.nnnnnnnnn`, asking the C library only once a minute, and
/// making all but the fraction once a second.
struct WallTime {
    private var second = Int64.min
    private var minute = Int64.min
    /// `HH:MM:SS.` of `second`, in the first nine bytes.
    private var prefix: (UInt64, UInt8) = (0, 0)
    private var hourAndMinute: [UInt8] = []
    private let isUTC: Bool

    init(isUTC: Bool = false) { self.isUTC = isUTC }

    mutating func append(_ epochNanoseconds: Int64, to out: inout TextBuffer) {
        let seconds = epochNanoseconds.flooredDivision(by: 1_000_000_000)
        if seconds != second { begin(seconds) }
        withUnsafeBytes(of: prefix.0) { out.append($0) }
        out.append(prefix.1)
        out.append(decimal: UInt64(epochNanoseconds &- seconds &* 1_000_000_000), width: 9)
    }

    private mutating func begin(_ seconds: Int64) {
        second = seconds
        let current = seconds.flooredDivision(by: 60)
        if current != minute {
            minute = current
            var time = time_t(current * 60)
            var parts = tm()
            if isUTC { gmtime_r(&time, &parts) } else { localtime_r(&time, &parts) }
            hourAndMinute = Array("\(Self.two(parts.tm_hour)):\(Self.two(parts.tm_min)):".utf8)
        }
        let text = hourAndMinute + Array(Self.two(Int32(seconds - current * 60)).utf8)
        withUnsafeMutableBytes(of: &prefix.0) { $0.copyBytes(from: text.prefix(8)) }
        prefix.1 = UInt8(ascii: ".")
    }

    private static func two(_ value: Int32) -> String {
        value < 10 ? "0\(value)" : "\(value)"
    }
}

extension Int64 {
    func flooredDivision(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}

extension TextBuffer {
    /// Fills up with blanks to `column` bytes after `start`.
    mutating func pad(from start: Int, to column: Int) {
        let used = count - start
        if used < column { append(repeating: UInt8(ascii: " "), count: column - used) }
    }
}
