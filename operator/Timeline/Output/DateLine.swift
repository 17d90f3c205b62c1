import EventFormat
import Glibc

/// The line that says of which day and zone the times below it are: before the first line, and where the day or the
/// zone's offset changes.
struct DateLine {
    /// ns since the epoch for which the last line holds: at most to the end of the quarter of an hour.
    private var valid = Range<Int64>(uncheckedBounds: (0, 0))
    private var stated = ""
    private let isUTC: Bool

    /// - Parameter isStated: Whether there are such lines at all.
    init(isUTC: Bool, isStated: Bool = true) {
        self.isUTC = isUTC
        if !isStated { end() }
    }

    /// There are no such lines from here on.
    mutating func end() { valid = Range(uncheckedBounds: (.min, .max)) }

    private static let quarter: Int64 = 900_000_000_000

    /// `2026-11-29, times in UTC+01:00 (CET)`, if no line above a line of this time has said so.
    ///
    /// - Parameter time: ns since the epoch.
    @inline(__always)
    mutating func next(before time: Int64) -> String? {
        valid.contains(time) ? nil : renewed(time)
    }

    private mutating func renewed(_ time: Int64) -> String? {
        // Zones are whole quarters of an hour off, so no day begins within one.
        let start = time.flooredDivision(by: Self.quarter) &* Self.quarter
        valid = start..<start &+ Self.quarter
        let text = Self.text(time, isUTC: isUTC)
        guard text != stated else { return nil }
        stated = text
        return text
    }

    static func text(_ time: Int64, isUTC: Bool) -> String {
        var seconds = time_t(time.flooredDivision(by: 1_000_000_000))
        var parts = tm()
        if isUTC { gmtime_r(&seconds, &parts) } else { localtime_r(&seconds, &parts) }
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let date = "\(parts.tm_year + 1900)-\(two(Int(parts.tm_mon) + 1))-\(two(Int(parts.tm_mday)))"
        guard !isUTC else { return "\(date), times in UTC" }
        let offset = parts.tm_gmtoff
        let minutes = offset.magnitude / 60
        let sign = offset < 0 ? "-" : "+"
        let name = parts.tm_zone.map { " (\(String(cString: $0)))" } ?? ""
        return "\(date), times in UTC\(sign)\(two(Int(minutes / 60))):\(two(Int(minutes % 60)))\(name)"
    }
}
