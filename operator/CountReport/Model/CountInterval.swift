/// Counts of one stretch of time: from the start, or from the interval before.
public struct CountInterval: Sendable {
    /// By event, node and key.
    public let nodeSums: [CountLine.Place: CountSum]
    /// By event and key.
    public let mergedSums: [CountLine.Place: CountSum]
    /// End of the stretch since the start, ns.
    public let end: UInt64
    /// Its length, ns.
    public let length: UInt64

    /// - Parameter previous: the totals up to which everything has been told; nil for the start.
    public init(_ counts: FleetCounts, since previous: CountInterval.Totals? = nil) {
        end = counts.elapsed
        length = end - min(end, previous?.end ?? 0)
        nodeSums = Self.difference(counts.nodeSums(), previous?.nodeSums)
        mergedSums = Self.difference(counts.mergedSums(), previous?.mergedSums)
    }

    /// What was told up to some moment.
    public struct Totals: Sendable {
        let nodeSums: [CountLine.Place: CountSum]
        let mergedSums: [CountLine.Place: CountSum]
        let end: UInt64

        /// As they are now.
        public init(_ counts: FleetCounts) {
            (nodeSums, mergedSums, end) = (counts.nodeSums(), counts.mergedSums(), counts.elapsed)
        }
    }

    private static func difference(
        _ now: [CountLine.Place: CountSum], _ before: [CountLine.Place: CountSum]?
    ) -> [CountLine.Place: CountSum] {
        guard let before else { return now }
        var result: [CountLine.Place: CountSum] = [:]
        for (place, sum) in now {
            let change = before[place].map(sum.since) ?? sum
            // Keys of a table that have not moved are not news; a counter that counted nothing is.
            if change.count > 0 || change.enabled > 0 || place.key.isEmpty && !place.isOther { result[place] = change }
        }
        return result
    }
}
