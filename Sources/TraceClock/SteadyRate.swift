import Searching

/// A narrower rate range for a live clock, on a further assumption (`ClockWander`), for as long as the probes admit it.
///
/// The mean rate of the last minute or so lies in a range that its probes prove. *Assumed* is that the rate is within the
/// allowance of that mean now. A sample refutes that when no clock fits it and those before it, or when it makes the
/// bound narrower than the network allows, as in `WanderCheck`; a movement of the clock refutes it within seconds
/// (`ClockSwing`). Then the stated range alone holds until newer probes admit the assumption again.
struct SteadyRate: Sendable {
    let wander: ClockWander
    /// What holds under the assumption; nil while nothing is known, or after a refutation.
    private var held: Held?
    /// What bounds rest on besides the stated range.
    var bounding: Held? { held?.isBound == true ? held : nil }
    /// Probes before this agent time (ns) do not count: a break or a refutation.
    private var since = Int64.min
    /// How long (ns) probes must have agreed before the assumption holds.
    private var leastSpan = Self.firstSpan
    /// Times up to here (agent, ns) are doubted.
    private(set) var doubtedThrough = Int64.min

    /// The range, and the samples under it.
    struct Held: Sendable {
        let rate: RateRange
        fileprivate(set) var epoch: LiveEpoch
        /// Whether bounds rest on it. Elsewhere it only finds what moves.
        fileprivate let isBound: Bool
        /// A bound may not be narrower than this, ns.
        fileprivate let leastWidth: Int64

        /// Proof that the sample does not fit, or an alarm: the agent time (ns) since when the clock may have left.
        fileprivate func refutation(by sample: ClockSample) -> Int64? {
            if let proof = epoch.leading.contradiction(with: sample, rate) { return proof.since }
            let lower = max(epoch.leading.lower(at: sample.agent, rate), sample.lower)
            let upper = min(epoch.leading.upper(at: sample.agent, rate), sample.upper)
            guard upper &- lower < leastWidth else { return nil }
            return max(epoch.leading.lower.agent, epoch.leading.upper.agent)
        }
    }

    /// At the beginning, and after a refutation, ns.
    static let firstSpan: Int64 = 2_000_000_000
    static let cleanSpan: Int64 = 10_000_000_000
    /// Where the least round trip is longer (ns), bounds do not rest on the assumption: they would be narrower by next to
    /// nothing, and a clock that leaves them would contradict nothing for long.
    private static let longestTrip: Int64 = 1_000_000
    private static let leastCount = 12
    private static let leastStretches = 16

    init(_ wander: ClockWander) { self.wander = wander }

    /// Agent times begin anew.
    mutating func reset() { self = SteadyRate(wander) }

    /// The clock is another one from this agent time (ns) on.
    mutating func restart(at agentTime: Int64) {
        held = nil
        since = agentTime
    }

    /// Adds a sample that the stated range admits.
    ///
    /// - Returns: the agent time (ns) from which on times are doubted, when the sample refutes the assumption.
    mutating func add(_ sample: ClockSample, frozenThrough: Int64?) -> Int64? {
        guard let held else { return nil }
        if let from = held.refutation(by: sample) { return refute(from: from, at: sample.agent) }
        self.held?.epoch.add(sample, frozenThrough: frozenThrough, held.rate)
        return nil
    }

    /// Looks at the last samples, in the order of agent time, which are those that were added.
    ///
    /// - Parameter stated: what holds in any case.
    /// - Returns: as `add`.
    mutating func look(_ samples: [ClockSample], stated: RateRange, frozenThrough: Int64?) -> Int64? {
        let window = Array(samples[samples.partitioningIndex { $0.agent >= since }...])
        guard let first = window.first, let last = window.last, window.count >= Self.leastCount,
            last.agent &- first.agent >= leastSpan
        else { return nil }
        let stretches = QuietStretch.cut(window)
        let check = WanderCheck(window, stretches, slack: 4)
        // A few seconds measure it coarsely.
        let admitted = stretches.count < Self.leastStretches ? wander.slope &* 32 : wander.slope
        guard ClockSwing(stretches).wander <= admitted,
            let mean = RefinedEpoch.meanSlope(window, EnvelopePass(window, stated)),
            let rate = RefinedEpoch.range(mean, wander: wander.slope, within: stated),
            check.admits(EnvelopePass(window, rate), window)
        else { return held == nil ? nil : refute(from: last.agent &- ClockDoubts.earlier, at: last.agent) }
        var epoch = LiveEpoch(first)
        for sample in window.dropFirst() { epoch.add(sample, frozenThrough: frozenThrough, rate) }
        let trip = window.lazy.map { $0.upper &- $0.lower }.min() ?? .max
        held = Held(rate: rate, epoch: epoch, isBound: trip <= Self.longestTrip, leastWidth: check.leastWidth)
        return nil
    }

    /// The path has reached this agent time (ns).
    mutating func pass(through agentTime: Int64) {
        guard let rate = held?.rate else { return }
        held?.epoch.pass(through: agentTime, rate)
    }

    private mutating func refute(from: Int64, at agentTime: Int64) -> Int64 {
        restart(at: agentTime)
        leastSpan = Self.cleanSpan
        doubtedThrough = agentTime &+ ClockDoubts.clean
        return from
    }
}
