import CLinux

/// How fast CLOCK_MONOTONIC may run against CLOCK_MONOTONIC_RAW, either way, in parts per million.
///
/// kernel/time/ntp.c adds up four parts in each second: `tick` (10 % at most), the frequency (500 ppm), a quarter at most
/// of the offset that the phase-locked loop has still to make up for (0.5 s), and adjtime(3) (500 us). adjtimex(2) states
/// all but the last, which is always allowed for.
public struct SlewLimit: Sendable, Hashable, Comparable {
    public var partsPerMillion: Int64

    /// Whatever the kernel was asked for: a quarter.
    public static let greatest = SlewLimit(partsPerMillion: 250_000)

    private init(partsPerMillion: Int64) { self.partsPerMillion = partsPerMillion }

    /// What adjtimex(2) states.
    ///
    /// - Parameters:
    ///   - tick: us in 1/100 s.
    ///   - frequency: ppm, times 2^16.
    ///   - offset: ns that are still to be made up for.
    public init(tick: Int64, frequency: Int64, offset: Int64) {
        // The part that is moved in this second is gone from the offset already. It was a third of the rest at most, so the
        // whole rest covers it. 500 ppm are adjtime's, 10 what the kernel rounds (timekeeping.c, `ntp_err_mult`), and 2 what
        // is rounded here.
        let byTick = (tick - 10_000).magnitude * 100
        let byFrequency = frequency.magnitude / 65_536
        let byOffset = offset.magnitude / 1_000
        let sum = UInt64(500 + 10 + 2) + byTick + byFrequency + byOffset
        self.init(partsPerMillion: min(Int64(clamping: sum), Self.greatest.partsPerMillion))
    }

    /// As the kernel slews now. Where it does not say, or pulses of another clock slew it, the greatest.
    public static var now: SlewLimit {
        var state = linux_slewing()
        guard linux_read_slewing(&state) == 0, !state.by_pulses else { return .greatest }
        return SlewLimit(tick: state.tick, frequency: state.frequency, offset: state.offset)
    }

    /// The least time of CLOCK_MONOTONIC_RAW in which CLOCK_MONOTONIC can have passed `time` (ns, not negative).
    func leastRaw(_ time: Int64) -> Int64 { time - Self.share(time, partsPerMillion, of: 1_000_000 + partsPerMillion) }

    /// The greatest such time.
    func greatestRaw(_ time: Int64) -> Int64 {
        time + Self.share(time, partsPerMillion, of: 1_000_000 - partsPerMillion)
    }

    /// `time * part / whole`, rounded up.
    private static func share(_ time: Int64, _ part: Int64, of whole: Int64) -> Int64 {
        let product = time.multipliedFullWidth(by: part)
        let (quotient, remainder) = whole.dividingFullWidth(product)
        return remainder == 0 ? quotient : quotient + 1
    }

    public static func < (a: SlewLimit, b: SlewLimit) -> Bool { a.partsPerMillion < b.partsPerMillion }
}
