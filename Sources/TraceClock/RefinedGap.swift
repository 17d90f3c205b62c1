/// A step in a gap: from `first` to `last` (agent time, ns) only the moments around it bound the controller's time.
struct RefinedGap: Sendable {
    let first: Int64
    let last: Int64
    let lower: Int64
    let upper: Int64
    /// The estimates at both ends.
    let from: Int64
    let to: Int64

    func segment(_ assumptions: ClockAssumptions) -> ClockSegment {
        var cones = ClockCones()
        cones.lowerBefore = lower
        cones.upperAfter = upper
        return ClockSegment(
            first: first, last: last, line: ClockLine(from: first, from, to: last, to), rate: assumptions.rate,
            cones: cones, readingSpan: assumptions.readingSpan, mapping: .gap)
    }

    /// The steps between two epochs, cut at the doubtful samples of the first.
    static func steps(
        from left: Edge, to right: Edge, doubtful: [ClockSample], estimates: (from: Int64, to: Int64)
    ) -> [RefinedGap] {
        guard right.agent > left.agent &+ 1 else { return [] }
        let inner = doubtful.filter { $0.agent > left.agent && $0.agent < right.agent }.sorted { $0.agent < $1.agent }
        var ends = inner.map { Edge(agent: $0.agent, lower: $0.causalLower, upper: $0.upper) }
        ends.append(Edge(agent: right.agent &- 1, lower: right.lower, upper: right.upper))
        // An earlier moment lies before a later moment's upper bound too.
        for index in ends.indices.dropLast().reversed() {
            ends[index].upper = min(ends[index].upper, ends[index + 1].upper)
        }
        let line = ClockLine(from: left.agent, estimates.from, to: right.agent, estimates.to)
        var result: [RefinedGap] = []
        var begin = left
        for end in ends where end.agent > begin.agent {
            result.append(
                RefinedGap(
                    first: begin.agent &+ 1, last: end.agent, lower: begin.lower, upper: end.upper,
                    from: line.estimate(at: begin.agent &+ 1), to: line.estimate(at: end.agent)))
            begin = Edge(agent: end.agent, lower: max(begin.lower, end.lower), upper: end.upper)
        }
        return result
    }

    struct Edge {
        let agent: Int64
        let lower: Int64
        var upper: Int64
    }
}
