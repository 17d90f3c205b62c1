import EventFormat
import Glibc

/// Writes times of day in the local zone, `HH:MM:SS.nnnnnnnnn`, asking the C library only once a minute.
struct WallTime {
    private var minute = Int64.min
    private var prefix: [UInt8] = []

    mutating func append(_ epochNanoseconds: Int64, to out: inout TextBuffer) {
        let seconds = epochNanoseconds.flooredDivision(by: 1_000_000_000)
        let current = seconds.flooredDivision(by: 60)
        if current != minute {
            minute = current
            var time = time_t(current * 60)
            var parts = tm()
            localtime_r(&time, &parts)
            prefix = Array("\(Self.two(parts.tm_hour)):\(Self.two(parts.tm_min)):".utf8)
        }
        prefix.withUnsafeBytes { out.append($0) }
        out.append(decimal: UInt64(seconds - current * 60), width: 2)
        out.append(UInt8(ascii: "."))
        out.append(decimal: UInt64(epochNanoseconds - seconds * 1_000_000_000), width: 9)
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
