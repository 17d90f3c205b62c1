import Glibc
import SystemFacts
import Timeline

/// A time as a clock and a calendar have it, in the zone of this machine or in UTC:
/// `[YYYY-MM-DD(T| )]HH:MM[:SS[.FRACTION]]`, with a `Z` behind it in UTC.
struct ClockTime {
    let moment: TimelineMoment

    /// Nil for any other text.
    ///
    /// - Parameter isUTC: whether a date without a `Z` is one of UTC.
    init?(_ text: String, isUTC inUTC: Bool = false) {
        var text = text[...]
        let hasZone = text.hasSuffix("Z")
        if hasZone { text = text.dropLast() }
        let isUTC = hasZone || inUTC
        let parts = text.split(whereSeparator: { $0 == "T" || $0 == " " })
        guard let clock = parts.last, let time = Self.timeOfDay(clock) else { return nil }
        switch parts.count {
        case 1 where !hasZone: moment = .timeOfDay(time)
        case 2:
            guard let day = Self.day(parts[0], time, isUTC: isUTC) else { return nil }
            moment = .epoch(day)
        default: return nil
        }
    }

    private static func timeOfDay(_ text: Substring) -> Duration? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), let hour = number(parts[0], below: 24),
            let minute = number(parts[1], below: 60)
        else { return nil }
        let time = Duration.seconds(hour * 3600 + minute * 60)
        guard parts.count == 3 else { return time }
        guard let seconds = DecimalSeconds(parts[2])?.duration, seconds < .seconds(60) else { return nil }
        return time + seconds
    }

    private static func day(_ text: Substring, _ time: Duration, isUTC: Bool) -> EpochInstant? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].count == 4, let year = number(parts[0], below: 10_000),
            let month = number(parts[1], below: 13), let day = number(parts[2], below: 32), year >= 1970, month >= 1,
            day >= 1
        else { return nil }
        let seconds = time.components.seconds
        var date = tm()
        date.tm_year = Int32(year - 1900)
        date.tm_mon = Int32(month - 1)
        date.tm_mday = Int32(day)
        date.tm_hour = Int32(seconds / 3600)
        date.tm_min = Int32(seconds / 60 % 60)
        date.tm_sec = Int32(seconds % 60)
        date.tm_isdst = -1
        let epoch = isUTC ? timegm(&date) : mktime(&date)
        // A day that the month does not have becomes one of the next.
        guard epoch >= 0, date.tm_mday == Int32(day) else { return nil }
        return EpochInstant(nanoseconds: Int64(epoch) * 1_000_000_000 + time.wholeNanoseconds % 1_000_000_000)
    }

    private static func number(_ text: Substring, below limit: Int) -> Int? {
        guard (1...4).contains(text.count), text.allSatisfy(\.isASCIIDigit), let number = Int(text), number < limit
        else {
            return nil
        }
        return number
    }
}
