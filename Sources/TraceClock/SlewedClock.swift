/// The trace clock of a session where it is not the agent's, as a live consumer sees it: pairs come in behind probes of
/// the agent's clock.
public struct SlewedClock: Sendable {
    /// The trace clock on the timeline.
    public private(set) var clock = LiveClock(assumptions: .slewed)
    /// Pairs behind the last watermark, oldest first.
    private var pairs: [ClockPair] = []
    private var newest: Int64?
    private var agentBreaks = 0
    private var isDoubted = false

    /// Pairs that wait for a watermark at most: those of minutes.
    private static let capacity = 1 << 12

    /// Nothing is known of it.
    public init() {}

    /// Adds a pair.
    ///
    /// - Parameter agent: the agent's clock as it is known by now.
    /// - Returns: the break that it proves, or that the agent's clock has there.
    public mutating func observe(_ pair: ClockPair, by agent: LiveClock) -> ClockBreak? {
        guard ClockLimits.accepts(agentTime: pair.clock) else { return nil }
        if pairs.count == Self.capacity { pairs.removeFirst() }
        pairs.append(pair)
        let count = clock.breakCount
        let probe = pair.probe { agent.map($0) }
        // Before the first probe of the agent's clock nothing is known, and nothing has broken.
        if probe == nil || agent.breakCount > agentBreaks, !isDoubted, let newest {
            clock.declareBreak(.agentClockUncertain, after: newest)
            isDoubted = true
        }
        agentBreaks = agent.breakCount
        guard let probe else { return clock.breakCount > count ? clock.breaks.last : nil }
        isDoubted = false
        newest = pair.clock
        if case .epochBreak(let found) = clock.observe(probe) { return found }
        return nil
    }

    /// The agent has sent everything up to a time of its clock.
    ///
    /// - Returns: the time of the trace clock up to which everything has come; nil while there is no newer one.
    public mutating func freeze(throughAgent time: Int64) -> Int64? {
        guard let last = pairs.lastIndex(where: { $0.after <= time }) else { return nil }
        let through = pairs[last].clock
        pairs.removeFirst(last + 1)
        clock.freeze(through: through)
        return through
    }

    /// The agent has found that its reading and the trace clock have parted.
    public mutating func declareBreak(_ reason: ClockBreakReason, after time: Int64) {
        clock.declareBreak(reason, after: time)
    }
}
