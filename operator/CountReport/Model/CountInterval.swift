/// Counts of one stretch of time: since the start, or since the interval before.
public struct CountInterval: Sendable {
    /// By event, node and key.
    public let nodeSums: [CountLine.Subject: CountSum]
    /// By event and key.
    public let mergedSums: [CountLine.Subject: CountSum]
    /// Its end, since the start.
    public let end: Duration
    /// Its length.
    public let length: Duration

    /// - Parameter previous: the totals that were shown last; nil for the start.
    public init(_ counts: FleetCounts, since previous: CountInterval.Totals? = nil) {
        end = counts.elapsed
        length = max(end - (previous?.end ?? .zero), .zero)
        nodeSums = Self.difference(counts.nodeSums(), previous?.nodeSums)
        mergedSums = Self.difference(counts.mergedSums(), previous?.mergedSums)
    }

    /// The totals that were shown up to some moment.
    public struct Totals: Sendable {
        let nodeSums: [CountLine.Subject: CountSum]
        let mergedSums: [CountLine.Subject: CountSum]
        let end: Duration

        /// The totals of now.
        public init(_ counts: FleetCounts) {
            (nodeSums, mergedSums, end) = (counts.nodeSums(), counts.mergedSums(), counts.elapsed)
        }
    }

    private static func difference(
        _ now: [CountLine.Subject: CountSum], _ before: [CountLine.Subject: CountSum]?
    ) -> [CountLine.Subject: CountSum] {
        guard let before else { return now }
        var result: [CountLine.Subject: CountSum] = [:]
        for (subject, sum) in now {
            let change = before[subject].map(sum.since) ?? sum
            // Keys of a table that did not change are left out; a counter that counted nothing is shown.
            if change.count > 0 || change.timed > 0 || change.enabled > .zero || subject.key.isEmpty && !subject.isOther
            {
                result[subject] = change
            }
        }
        return result
    }
}
