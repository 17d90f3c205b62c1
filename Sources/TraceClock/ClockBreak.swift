/// Why an agent's clock is not one continuous clock across some moment.
public enum ClockBreakReason: Sendable, Hashable, CustomStringConvertible {
    /// The node was booted again: its trace clock started from 0.
    case bootIDChanged
    /// The node was suspended: `mono_raw` stood still.
    case suspended
    /// The kernel changed its clock source (`/sys/devices/system/clocksource/clocksource0/current_clocksource`).
    case clockSourceChanged
    /// A virtual machine was stopped and resumed, or moved.
    case resumed
    /// The agent's clock, by which probes are answered, and the session's trace clock have parted. The text says how.
    case traceClockParted(String)
    /// Of a trace clock that is tied to the agent's clock: where that is not certain, neither is this one.
    case agentClockUncertain
    /// No clock within the rate range fits two of the probes, by `excess` ns: a step, or a rate outside the range.
    case contradiction(excess: Int64)
    /// A later probe shows an earlier agent time, by so many ns.
    case wentBackwards(by: Int64)

    /// What happened, for a log line or a notice on the timeline.
    public var description: String {
        switch self {
        case .bootIDChanged: "the node was rebooted"
        case .suspended: "the node was suspended"
        case .clockSourceChanged: "the kernel changed its clock source"
        case .resumed: "the virtual machine was stopped and resumed"
        case .traceClockParted(let text): text
        case .agentClockUncertain:
            "the clock of the agent, which ties the trace clock to the timeline, is not certain here"
        case .contradiction(let excess):
            "the clock stepped or left its rate range: two probes contradict each other by \(excess) ns"
        case .wentBackwards(let by): "the clock went back by \(by) ns"
        }
    }
}

/// A moment of an agent's clock across which only the order of events is certain.
public struct ClockBreak: Sendable, Hashable {
    /// What happened.
    public let reason: ClockBreakReason
    /// The last agent time (ns) for which the old epoch is certain.
    public let after: Int64
    /// The first agent time (ns) of the new epoch; `nil` until a probe opens it.
    public internal(set) var before: Int64?

    /// Probes show it, and no agent has declared it.
    public var isProved: Bool {
        switch reason {
        case .contradiction, .wentBackwards: true
        case .bootIDChanged, .suspended, .clockSourceChanged, .resumed, .traceClockParted,
            .agentClockUncertain:
            false
        }
    }

    init(reason: ClockBreakReason, after: Int64, before: Int64?) {
        self.reason = reason
        self.after = after
        self.before = before
    }
}
