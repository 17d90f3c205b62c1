import SystemFacts

/// Which events of a timeline are written.
public struct TimelineFilter: Sendable {
    /// Empty for all.
    public var nodes: Set<String> = []
    public var cpus: Set<UInt32> = []
    /// Names of tasks as shell patterns; empty for all.
    public var comms: [String] = []
    /// Thread ids, as in the kernel's records; empty for all.
    public var pids: Set<Int32> = []
    /// Other nodes than `nodes` are shown too, with all of their CPUs and tasks: what they did in that time.
    public var includesOthers = false
    /// Events before it are left out.
    public var since: TimelineMoment?
    /// Events after it are left out.
    public var until: TimelineMoment?
    /// A condition on fields, in the kernel's filter syntax.
    public var condition: String?

    public init(condition: String? = nil) {
        self.condition = condition
    }
}

/// A moment as a person states it.
public enum TimelineMoment: Sendable, Hashable {
    /// So long after the session's first event.
    case offset(Duration)
    /// Seconds as a line has them: of the trace clock where no time of day is known, since the first event elsewhere.
    case seconds(Duration)
    /// A moment of a certain day.
    case epoch(EpochInstant)
    /// A time of day, so long after midnight in the zone of the lines: the one that is closest to the first event.
    case timeOfDay(Duration)

    /// The moment so much later.
    public func moved(by duration: Duration) -> TimelineMoment {
        switch self {
        case .offset(let offset): .offset(offset + duration)
        case .seconds(let time): .seconds(time + duration)
        case .epoch(let time): .epoch(time.advanced(by: duration))
        case .timeOfDay(let time): .timeOfDay(time + duration)
        }
    }
}
