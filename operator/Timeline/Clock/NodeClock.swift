import TraceClock

/// A node's clock as a reader of its log has it: as it was known when each event came, or as the whole log shows it.
///
/// Events are stamped by the session's trace clock. Probes, watermarks and all else that an agent states are times of the
/// agent's clock. Usually both are one.
struct NodeClock {
    /// The agent's.
    private var live: LiveClock
    /// The trace clock, where it is another one.
    private var slewed: SlewedClock?
    /// Of a log that was read to its end before: later probes bound earlier events, too, and no probe changes it.
    private var saved: SavedClock?
    /// Of a trace clock that is not the agent's: everything up to here has come.
    private var reached: Int64?

    /// - Parameter wander: what live bounds rest on besides the rate range; nil for nothing.
    init(saved: SavedClock? = nil, wander: ClockWander? = nil) {
        live = LiveClock(wander: wander)
        self.saved = saved
        if saved?.agent != nil { slewed = SlewedClock() }
    }

    /// The session's events are stamped by this clock.
    mutating func use(traceClock name: String) {
        guard !name.isEmpty, name != "mono_raw", slewed == nil else { return }
        slewed = SlewedClock()
        // A refuted wander is no break of the trace clock.
        live.assumeNoWander()
        // Without a pair of both clocks the log says nothing of the stamps.
        saved = nil
    }

    /// Whether events are stamped by another clock than the agent's.
    var isSlewed: Bool { slewed != nil }

    /// Time stamps up to here keep their estimate; nil while there is none.
    var frozenThrough: Int64? {
        guard saved == nil else { return ClockLimits.agentTime }
        if let slewed { return slewed.clock.frozenThrough }
        return live.frozenThrough
    }

    /// Whether a time gets a narrower bound by a probe that comes after it.
    var waitsForProbes: Bool { saved == nil && slewed == nil }

    /// Breaks that are known before the events are read.
    var knownBreaks: [ClockBreak] { saved?.stamps.breaks ?? [] }

    /// A time stamp on the timeline.
    func map(_ stamp: Int64) -> MappedTime {
        if let saved { return saved.stamps.map(stamp) }
        if let slewed { return slewed.clock.map(stamp) }
        return live.map(stamp)
    }

    func segment(containing stamp: Int64) -> ClockSegment {
        if let saved { return saved.stamps.segment(containing: stamp) }
        if let slewed { return slewed.clock.segment(containing: stamp) }
        return live.segment(containing: stamp)
    }

    /// A time of the agent's clock on the timeline.
    func map(agentTime: Int64) -> MappedTime {
        if let saved { return (saved.agent ?? saved.stamps).map(agentTime) }
        return live.map(agentTime)
    }

    /// Up to where events have come, on the timeline: at this watermark, or with another trace clock at the last pair
    /// before it.
    func map(watermark: Int64) -> MappedTime {
        guard isSlewed else { return map(agentTime: watermark) }
        return reached.map { map($0) } ?? .unknown(agentTime: watermark)
    }

    /// The watermark has moved.
    mutating func freeze(through agentTime: Int64) {
        if saved == nil { live.freeze(through: agentTime) }
        if let through = slewed?.freeze(throughAgent: agentTime) { reached = max(reached ?? through, through) }
    }

    /// - Returns: the break that the probe proves; of another trace clock, its pairs tell.
    mutating func observe(_ probe: ClockProbe) -> ClockBreak? {
        guard saved == nil, case .epochBreak(let found) = live.observe(probe) else { return nil }
        return isSlewed ? nil : found
    }

    /// The agent has read the trace clock beside its own.
    ///
    /// - Returns: the break that is found by it.
    mutating func observe(_ pair: ClockPair) -> ClockBreak? {
        let found = slewed?.observe(pair, by: live)
        return saved == nil ? found : nil
    }

    /// - Returns: the break, unless it is known already.
    mutating func declareBreak(_ reason: ClockBreakReason, after stamp: Int64) -> ClockBreak? {
        guard saved == nil else { return nil }
        guard slewed == nil else {
            let count = slewed?.clock.breakCount
            slewed?.declareBreak(reason, after: stamp)
            return slewed?.clock.breakCount != count ? slewed?.clock.breaks.last : nil
        }
        let count = live.breakCount
        live.declareBreak(reason, after: stamp)
        return live.breakCount > count ? live.breaks.last : nil
    }
}
