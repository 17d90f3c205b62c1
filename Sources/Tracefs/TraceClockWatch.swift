import SystemFacts

/// Compares a session's trace clock with this process's reading of it again and again, and tells when they part and
/// when they agree again. No I/O.
///
/// ``TraceClockCheck`` looks once, before there is a session. After that somebody may choose another clock in the
/// instance's `trace_clock`, or the process's clock may change. Only what differs by more than the two readings lie
/// apart is seen: tens of µs where tracefs states the trace clock, less than 1 µs by the kernel's own reading.
public struct TraceClockWatch: Sendable {
    /// What has changed.
    public enum Change: Sendable, Equatable {
        /// The clocks have parted at some moment after this time of the trace clock.
        case parted(after: TraceClockInstant, TraceClockCheck)
        /// They agree, from this time of the trace clock on.
        case agrees(from: TraceClockInstant)
    }

    /// A clock that runs a little too fast or too slow leaves the other one for a while before that can be seen. So what is
    /// certain ends so long before.
    public static let lookBack = Duration.seconds(1)

    private struct Agreement {
        /// By the trace clock.
        let stamp: TraceClockInstant
        /// By this process's.
        let reading: TraceClockInstant

        func isOld(at reading: TraceClockInstant) -> Bool { self.reading.duration(to: reading) >= lookBack }
    }

    /// The first agreement, or one that `lookBack` has passed since.
    private var certain: Agreement?
    /// What takes its place then.
    private var next: Agreement?
    private var isParted = false

    /// Nothing has been compared.
    public init() {}

    /// A comparison was made.
    ///
    /// - Parameter sample: nil if the trace clock does not count nanoseconds.
    /// - Returns: what is new; nil for nothing.
    public mutating func observe(_ sample: TraceClockCheck.Sample?) -> Change? {
        let check = TraceClockCheck(samples: sample.map { [$0] } ?? [])
        if case .agrees = check, let sample {
            defer { isParted = false }
            if isParted { (certain, next) = (nil, nil) }
            let agreement = Agreement(
                stamp: sample.stamp.advanced(by: .zero - sample.rounding), reading: sample.before)
            promote(at: sample.before)
            certain = certain ?? agreement
            next = next ?? agreement
            return isParted ? .agrees(from: sample.stamp.advanced(by: sample.rounding)) : nil
        }
        guard !isParted else { return nil }
        isParted = true
        if let sample { promote(at: sample.before) }
        return .parted(after: lastCertain(check), check)
    }

    private mutating func promote(at reading: TraceClockInstant) {
        guard let next, next.isOld(at: reading) else { return }
        (certain, self.next) = (next, nil)
    }

    /// Readings of this process that are behind the trace clock look older than they are: the bound of the old epoch
    /// must not reach them.
    private func lastCertain(_ check: TraceClockCheck) -> TraceClockInstant {
        let last = certain?.stamp ?? TraceClockInstant(nanoseconds: 0)
        guard case .differs(let offset) = check, offset.upperBound > .zero else { return last }
        return TraceClockInstant(nanoseconds: max(last.advanced(by: .zero - offset.upperBound).nanoseconds, 0))
    }
}
