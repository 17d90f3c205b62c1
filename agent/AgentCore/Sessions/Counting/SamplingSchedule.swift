import SystemFacts

/// When a count is read: at whole intervals after its start.
struct SamplingSchedule {
    private let started: MonotonicRawInstant
    private let interval: Duration

    init(started: MonotonicRawInstant, interval: Duration) {
        self.started = started
        self.interval = interval
    }

    /// The next reading: its number, from 1, and after how long it is due. Readings that were missed are left out.
    ///
    /// - Parameter number: of the reading before; 0 for none.
    func next(after number: UInt64, now: MonotonicRawInstant) -> (number: UInt64, delay: Duration) {
        let passed = started.duration(to: now).wholeNanoseconds
        let next = max(Int64(number) + 1, passed / interval.wholeNanoseconds + 1)
        let due = started.advanced(by: .nanoseconds(next * interval.wholeNanoseconds))
        return (UInt64(next), max(.zero, now.duration(to: due)))
    }
}
