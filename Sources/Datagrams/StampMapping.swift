/// What a kernel's stamp of a datagram (CLOCK_REALTIME) says of CLOCK_MONOTONIC_RAW, which nothing adjusts. No I/O; reads
/// no clock.
///
/// Two facts of kernel/time/timekeeping.c and ntp.c carry it:
///
/// - CLOCK_REALTIME minus CLOCK_MONOTONIC changes by steps alone (clock_settime, leap seconds, a suspend). So two
///   readings that agree show that there was no step between them of more than their widths, which are allowed for.
/// - CLOCK_MONOTONIC is slewed by no more than what the kernel states (`SlewLimit`), by a quarter if it does not.
///
/// So a stamp can be used when a reading before it and one after it agree, and it costs as large a part of the time between
/// the stamp and the reading after it as the clock may have been slewed by, instead of all of it.
public struct StampMapping: Sendable {
    /// REALTIME minus MONOTONIC lies in this range, by all readings since `since` together.
    private var offset: ClosedRange<Int64>
    /// CLOCK_MONOTONIC of the first reading that showed this offset.
    private var since: Int64
    private var slewing: SlewWatch

    /// A reading that took longer (ns) is not used.
    public static let widestReading: Int64 = 2_000

    public init(_ reading: ClockReading) {
        offset = Self.offset(reading)
        since = reading.monotonicAfter
        slewing = SlewWatch(reading)
    }

    /// A time of CLOCK_MONOTONIC_RAW that is not before the stamp's moment.
    ///
    /// - Parameters:
    ///   - stamp: CLOCK_REALTIME, ns.
    ///   - reading: made after the stamp.
    /// - Returns: nil if the stamp cannot be trusted. Whatever is known otherwise holds then.
    public mutating func latest(_ stamp: Int64, _ reading: ClockReading) -> Int64? {
        guard let (moment, limit) = monotonic(stamp, reading) else { return nil }
        let passed = reading.monotonicAfter - moment.upperBound - 1
        guard passed > 0 else { return nil }
        return reading.rawAfter - limit.leastRaw(passed)
    }

    /// A time of CLOCK_MONOTONIC_RAW that is not after the stamp's moment.
    public mutating func earliest(_ stamp: Int64, _ reading: ClockReading) -> Int64? {
        guard let (moment, limit) = monotonic(stamp, reading) else { return nil }
        let passed = reading.monotonicBefore + 1 - moment.lowerBound
        guard passed > 0 else { return nil }
        return reading.rawBefore - limit.greatestRaw(passed)
    }

    /// CLOCK_MONOTONIC at the stamp, and how it may have been slewed since. A step too small to be seen may have come before
    /// or after the stamp.
    private mutating func monotonic(
        _ stamp: Int64, _ reading: ClockReading
    ) -> (moment: ClosedRange<Int64>, SlewLimit)? {
        guard let limit = observe(reading) else { return nil }
        let now = Self.offset(reading)
        let least = stamp - max(now.upperBound, offset.upperBound)
        let most = stamp - min(now.lowerBound, offset.lowerBound)
        // Nothing is known of a step before the first reading.
        guard least > since else { return nil }
        return (least...most, reading.monotonicAfter - least < SlewWatch.memory ? limit : .greatest)
    }

    /// - Returns: how the clock may have been slewed; nil if the reading does not agree with the earlier ones.
    private mutating func observe(_ reading: ClockReading) -> SlewLimit? {
        guard reading.rawAfter - reading.rawBefore < Self.widestReading else { return nil }
        let now = Self.offset(reading)
        guard now.overlaps(offset) else {
            self = StampMapping(reading)
            return nil
        }
        // The narrower of the two, not what both leave: small steps would add up.
        if now.upperBound - now.lowerBound < offset.upperBound - offset.lowerBound { offset = now }
        return slewing.add(reading)
    }

    private static func offset(_ reading: ClockReading) -> ClosedRange<Int64> {
        let (least, most) = (reading.realtime - reading.monotonicAfter, reading.realtime - reading.monotonicBefore)
        return least - 1...max(most, least) + 1
    }
}
