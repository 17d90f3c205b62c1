import SystemFacts

extension MonotonicRawInstant {
    /// The moment that a request names; nil for 0, which is "at once".
    init?(requested nanoseconds: Int64) {
        guard nanoseconds > 0 else { return nil }
        self.init(nanoseconds: nanoseconds)
    }

    /// Blocks this thread until a moment; nil is at once.
    ///
    /// - Returns: whether it had passed already.
    @discardableResult
    static func wait(until moment: MonotonicRawInstant?) -> Bool {
        guard let moment else { return false }
        let missed = now > moment
        moment.wait()
        return missed
    }
}
