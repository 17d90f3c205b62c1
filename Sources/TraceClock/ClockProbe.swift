/// The four time stamps of one probe of an agent's clock and the reply to it, in ns: the raw readings, before anything
/// is concluded from them. ``ClockSample`` is what follows; `ClockSampleFrame` of TraceProtocol is how they are stored.
///
/// `t1` and `t4` are the controller's clock at send and receive, `t2` and `t3` the agent's trace clock at receive
/// and send. Each side reads its clock before it sends and after it receives, so a delay can only widen the bound.
public struct ClockProbe: Sendable, Hashable {
    /// Controller send, on the controller's timeline.
    public let t1: Int64
    /// Agent receive, in the agent's trace clock.
    public let t2: Int64
    /// Agent send, in the agent's trace clock.
    public let t3: Int64
    /// Controller receive, on the controller's timeline.
    public let t4: Int64

    /// The readings as they came; nothing is checked before `validated(under:)`.
    public init(t1: Int64, t2: Int64, t3: Int64, t4: Int64) {
        self.t1 = t1
        self.t2 = t2
        self.t3 = t3
        self.t4 = t4
    }

    /// This probe when its readings can belong to two continuous clocks.
    ///
    /// - Throws: why they cannot. A hostile or broken agent causes this, or a clock that stepped inside the probe.
    public func validated(under assumptions: ClockAssumptions) throws(ClockProbeError) -> ClockProbe {
        guard ClockLimits.accepts(controllerTime: t1), ClockLimits.accepts(controllerTime: t4),
            ClockLimits.accepts(agentTime: t2), ClockLimits.accepts(agentTime: t3)
        else { throw .outOfRange }
        guard t3 >= t2 else { throw .agentReversed(by: t2 - t3) }
        guard t4 >= t1 else { throw .controllerReversed(by: t1 - t4) }
        let sample = ClockSample(unchecked: self, assumptions)
        guard sample.lower <= sample.upper else { throw .holdExceedsRoundTrip(by: sample.lower - sample.upper) }
        return self
    }

    /// Whether this probe was certainly sent after the reply to `other` had come, and still shows an earlier agent
    /// time.
    func goesBack(behind other: ClockProbe, _ assumptions: ClockAssumptions) -> Bool {
        t1 &- other.t4 >= assumptions.controllerResolution && t2 < other.t3
    }

    /// The most (ns, agent's clock) that the clock can have advanced after `older` was sent and before the reply to
    /// this probe came, if there was no break.
    func greatestAdvance(since older: ClockProbe, _ assumptions: ClockAssumptions) -> Int64 {
        let elapsed = max(t4 &- older.t1, 0) &+ assumptions.controllerResolution
        return min(
            assumptions.rate.greatestAgentAdvance(within: elapsed) &+ assumptions.agentResolution, ClockLimits.agentTime
        )
    }

    /// Round trip less the agent's hold, in ns; 0 when the readings are inconsistent.
    public var delay: Int64 {
        let trip = Int128(t4) - Int128(t1) - (Int128(t3) - Int128(t2))
        return Int64(clamping: max(trip, 0))
    }
}

/// Why a probe cannot be used.
public enum ClockProbeError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A reading is negative or beyond `ClockLimits`.
    case outOfRange
    /// The agent replied before it received, by so many ns.
    case agentReversed(by: Int64)
    /// The controller received before it sent, by so many ns.
    case controllerReversed(by: Int64)
    /// The agent held the probe longer than the whole round trip took, by so many ns beyond what its rate allows.
    case holdExceedsRoundTrip(by: Int64)

    /// What is wrong, for a log line.
    public var description: String {
        switch self {
        case .outOfRange: "clock probe with a reading outside 0...2^61 ns (agent) or 0...2^62 ns (controller)"
        case .agentReversed(let by): "clock probe replied to \(by) ns before it was received (agent's clock)"
        case .controllerReversed(let by): "clock probe received \(by) ns before it was sent (controller's clock)"
        case .holdExceedsRoundTrip(let by): "clock probe held \(by) ns longer than its round trip allows"
        }
    }
}
