import TraceClock

/// A break of a node's clock on the timeline: between its two ends the clock's rate says nothing.
struct ClockBreakSpan {
    let reason: String
    /// The last certain moment before it, ns of the timeline; nil where that has no place there.
    let from: Int64?
    /// The first certain moment after it, ns of the timeline; nil while it is not known.
    let to: Int64?

    /// - Parameter map: brings a time of the node's trace clock onto the timeline, where it is known.
    init(_ found: ClockBreak, on map: (Int64) -> Int64?) {
        reason = found.reason.description
        from = map(found.after)
        to = found.before.flatMap { $0 > found.after ? map($0) : nil }
    }

    /// Where it is shown.
    var place: Int64 { from ?? to ?? .min }
}
