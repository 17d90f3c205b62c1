import TraceClock

/// A break of a node's clock on the timeline: between its two ends the clock's rate says nothing.
struct ClockBreakSpan {
    private let reason: String
    /// Other nodes whose clocks broke at the same instant.
    var sharers: [String] = []
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

    /// What happened. Where several clocks broke at one instant, it is the controller's that did.
    var text: String {
        guard !sharers.isEmpty else { return reason }
        let names =
            sharers.prefix(3).joined(separator: ", ") + (sharers.count > 3 ? " and \(sharers.count - 3) more" : "")
        return "\(reason); so did \(names) at the same instant: it was the controller's own clock"
    }

    /// Where it is shown.
    var place: Int64 { from ?? to ?? .min }
}
