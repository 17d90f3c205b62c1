/// A stretch of a session of which there is nothing from a node. `from` is 0 where it is not known, and `to` is 0 for
/// one that lasts to the session's end.
extension WireRecordingGap {
    public init(from: Int64?, to: Int64?, _ reason: String, isTolerated: Bool = false) {
        self.init()
        self.from = from ?? 0
        self.to = to ?? 0
        self.reason = reason
        tolerated = isTolerated
    }

    /// What its times can be, ns: up to 146 years. Sums of two such times do not overflow.
    public static let times: ClosedRange<Int64> = 0...(1 << 62)

    /// Nil while it is not known when it began or ended.
    public var length: Duration? {
        guard from != 0, to != 0 else { return nil }
        let (length, overflow) = to.subtractingReportingOverflow(from)
        return overflow ? nil : .nanoseconds(max(0, length))
    }

    /// `1.500 s`; empty for a length that is not known.
    public var lengthText: String {
        guard let length else { return "" }
        let milliseconds = Int64(length / .milliseconds(1))
        let fraction = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction + " s"
    }

    /// Without times of day, which depend on the reader's zone: `no record for 1.500 s: the agent was stopped`.
    public var summary: String {
        if length != nil { return "no record for \(lengthText): \(reason)" }
        return (from == 0 ? "no record: " : "no record to the end: ") + reason
    }
}
