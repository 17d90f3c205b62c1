import TraceClock

/// What the probes of a recorded session show of one node's clock over time.
public struct ClockCourse: Sendable {
    /// A stretch of time.
    public struct Point: Sendable {
        /// Its middle, ns of the timeline.
        public var at: Int64
        /// The greatest distance of a true time from its estimate, ns; nil while nothing bounds it.
        public var bound: Int64?
        /// The controller's clock less the node's, ns.
        public var offset: Int64
        /// By how much the controller's clock ran faster than the node's, from an earlier point to this one; nil for the
        /// first, and across a break.
        public var drift: Drift?
        /// The least round trip, less the agent's hold, ns.
        public var roundTrip: Int64
        /// The least certain one of its times.
        public var quality: ClockQuality
    }

    public let node: String
    public private(set) var points: [Point] = []
    public private(set) var breaks: [Break] = []
    /// Probes in the session's log that were answered by its trace clock.
    public let probes: Int
    /// Half of the least round trip, ns: about what no bound can be better than.
    public private(set) var floor: Int64?

    /// Over all of its time; nil with a break or fewer than two points.
    public private(set) var drift: Drift?

    /// A difference of rates between two moments, in parts per billion.
    public struct Drift: Sendable {
        public var estimate: Int64
        /// The true one is as far from it at most; nil while nothing bounds the two moments.
        public var bound: Int64?
    }

    /// A time in which the clock was not one continuous clock.
    public struct Break: Sendable {
        public var reason: String
        /// ns of the timeline; nil where it is not known.
        public var from: Int64?
        public var to: Int64?
    }

    /// A node without any probe.
    init(node: String) {
        self.node = node
        probes = 0
    }

    /// - Parameters:
    ///   - probes: those that the clock was made of.
    ///   - shift: ns from the timeline of the node's controller to the one that is reported on.
    ///   - count: stretches that its time is divided into.
    init(node: String, _ probes: [ClockProbe], _ clock: RefinedClock, shift: Int64, count: Int) {
        self.node = node
        let probes = probes.sorted { $0.t3 < $1.t3 }
        self.probes = probes.count
        floor = probes.map(\.delay).min().map { $0 / 2 }
        breaks = clock.breaks.map { found in
            let span = ClockBreakSpan(found) { clock.map($0).estimate &+ shift }
            return Break(reason: span.text, from: span.from, to: span.to)
        }
        guard let first = probes.first, let last = probes.last else { return }
        let length = max(1, (last.t3 &- first.t3) / Int64(max(1, count)) &+ 1)
        var moments: [Moment] = []
        let baseline = max(1, count / 4)
        var rest = probes[...]
        while let head = rest.first {
            let end = first.t3 &+ ((head.t3 &- first.t3) / length &+ 1) &* length
            let stretch = rest.prefix { $0.t3 < end }
            rest = rest.dropFirst(stretch.count)
            guard let best = stretch.min(by: { $0.delay < $1.delay }) else { continue }
            let moment = Moment(agent: best.t3, time: clock.map(best.t3))
            if let last = moments.last, last.isApart(from: moment, in: clock) { moments.removeAll() }
            let drift = moments.suffix(baseline).first?.drift(to: moment)
            points.append(Self.point(stretch, best, moment, until: rest.first?.t3, clock, drift, shift))
            moments.append(moment)
        }
        if breaks.isEmpty, let first = moments.first, let last = moments.last { drift = first.drift(to: last) }
    }

    /// A probe on the timeline.
    private struct Moment {
        let agent: Int64
        let time: MappedTime

        func isApart(from next: Moment, in clock: RefinedClock) -> Bool {
            clock.breaks.contains { $0.after < next.agent && ($0.before ?? .max) > agent }
        }

        func drift(to next: Moment) -> Drift? {
            let run = Int128(next.agent) - Int128(agent)
            guard run > 0 else { return nil }
            let gain = Int128(next.time.estimate) - Int128(time.estimate) - run
            let bound = time.plusMinus.flatMap { own in
                next.time.plusMinus.map {
                    Int64(clamping: ((Int128(own) + Int128($0)) * 1_000_000_000 + run - 1) / run)
                }
            }
            return Drift(estimate: Int64(clamping: gain * 1_000_000_000 / run), bound: bound)
        }
    }

    private static func point(
        _ stretch: ArraySlice<ClockProbe>, _ best: ClockProbe, _ moment: Moment, until next: Int64?,
        _ clock: RefinedClock, _ drift: Drift?, _ shift: Int64
    ) -> Point {
        var bound: Int64? = 0
        var quality = ClockQuality.bounded
        // A bound is widest between two probes.
        let times =
            stretch.map(\.t3) + zip(stretch, stretch.dropFirst()).map { $0.t3 + ($1.t3 - $0.t3) / 2 }
            + [next].compactMap { $0 }.map { (stretch.last?.t3 ?? $0) / 2 + $0 / 2 }
        for time in times {
            let mapped = clock.map(time)
            bound = mapped.plusMinus.flatMap { half in bound.map { max($0, half) } }
            quality = quality.rawValue < mapped.quality.rawValue ? quality : mapped.quality
        }
        let middle = stretch[stretch.startIndex + stretch.count / 2].t3
        return Point(
            at: clock.map(middle).estimate &+ shift, bound: bound,
            offset: moment.time.estimate &+ shift &- best.t3, drift: drift,
            roundTrip: best.delay, quality: quality)
    }

    /// The bound that `share` of the points do not exceed, ns; nil where they have none.
    func bound(share: Double) -> Int64? {
        let sorted = points.map { $0.bound ?? .max }.sorted()
        guard !sorted.isEmpty else { return nil }
        let found = sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
        return found == .max ? nil : found
    }

}
