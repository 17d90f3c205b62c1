import Searching

/// A point of a frozen path: agent time and the controller times that belong to it, ns.
struct PathPoint: Sendable, Hashable {
    let agent: Int64
    let estimate: Int64
    var lower: Int64
    var upper: Int64
    /// What `lower` falls back to when a break is found to lie before this point.
    let causalLower: Int64
    /// Agent time (ns) of the latest sample that took part in the bound.
    let knownThrough: Int64
    /// Whether the stretch that ends here lies in a gap.
    var gapBefore: Bool
    /// The rate range that the bound rests on.
    let rate: RateRange
    /// What the bound rests on has been refuted.
    var isRefuted: Bool
}

/// The frozen part of a live clock: points in ascending agent time, never moved once appended.
struct ClockPath: Sendable {
    private(set) var points: [PathPoint] = []
    /// Whether a break or a forgotten gap lies before the first point.
    private(set) var isHeadCut = false
    let capacity: Int

    init(capacity: Int) { self.capacity = max(capacity, 16) }

    var last: PathPoint? { points.last }

    /// Appends a point later than all others; beyond the capacity the oldest quarter goes.
    mutating func append(_ point: PathPoint) {
        if points.count >= capacity { drop(first: capacity / 4) }
        points.append(point)
    }

    /// Drops the points that times from `agent` on do not need.
    mutating func forget(before agent: Int64) { drop(first: max(index(atOrAfter: agent) - 1, 0)) }

    mutating func removeAll() {
        points.removeAll(keepingCapacity: true)
        isHeadCut = true
    }

    private mutating func drop(first count: Int) {
        guard count > 0 else { return }
        if points[...count.clamped(to: points.count - 1)].contains(where: \.gapBefore) { isHeadCut = true }
        points.removeFirst(count)
    }

    /// The first point at or after `agent`, or the number of points.
    func index(atOrAfter agent: Int64) -> Int { points.partitioningIndex { $0.agent >= agent } }

    /// What points after `agent` rest on has been refuted.
    mutating func doubt(after agent: Int64) {
        for index in points.indices.reversed() {
            guard points[index].agent > agent else { break }
            points[index].isRefuted = true
        }
    }

    /// Widens the bounds of points that rest on samples from after `agent`, because a break was proved to lie there.
    /// `upper(time)` bounds the controller time at agent time `time` by causality alone. Estimates stay.
    mutating func degrade(after agent: Int64, upper: (Int64) -> Int64) {
        for index in points.indices.reversed() {
            // Ascending in both keys: points freeze in order and knowledge only grows.
            guard points[index].agent > agent || points[index].knownThrough > agent else { break }
            points[index].lower = min(points[index].lower, points[index].causalLower)
            points[index].upper = max(points[index].upper, upper(points[index].agent))
            points[index].gapBefore = true
        }
        if points.first?.gapBefore ?? true { isHeadCut = true }
    }
}

extension Int {
    fileprivate func clamped(to greatest: Int) -> Int { Swift.min(self, greatest) }
}
