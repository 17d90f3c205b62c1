extension Duration {
    /// The whole nanoseconds in it; what is beyond Int64 (292 years) is cut to that.
    public var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, isOver) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return isOver ? (seconds < 0 ? .min : .max) : sum
    }

    /// The whole milliseconds in it; what is beyond 292 years is cut to that.
    public var wholeMilliseconds: Int64 { wholeNanoseconds / 1_000_000 }
}
