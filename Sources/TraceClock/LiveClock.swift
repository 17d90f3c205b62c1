/// A node's clock as a live consumer sees it: probes come in, the past is frozen behind the watermark, and every
/// agent time maps to the controller's timeline with a bound.
///
/// - Until the first accepted probe everything is `ClockQuality.unknown`.
/// - A frozen time keeps its estimate, whatever later probes show. Its bound changes in one case only: a
///   break is proved to lie before it, and then the bound widens and the quality becomes `.degraded`.
/// - Within one clock the estimate never decreases in agent time.
/// - After a reboot, and after `ClockBreakReason.wentBackwards`, agent times repeat: begin a new `LiveClock` for what
///   follows. A clock that goes on marks every time that can mean two moments as `.degraded`.
///
/// Memory: at most `pathCapacity` points of 80 bytes and `Self.recentCapacity` samples of 32, and
/// `DepartureWatch.capacity` more.
public struct LiveClock: Sendable {
    /// The assumptions under which the bounds hold.
    public let assumptions: ClockAssumptions
    var path: ClockPath
    var epoch: LiveEpoch?
    /// The stretch between the last epoch and this one, until the path has passed it.
    var gap: PendingGap?
    var guess = RateEstimate()
    var probation: RateProbation
    var alarm = NarrowBoundAlarm()
    var departures = DepartureWatch()
    /// Nil where bounds rest on the rate range alone.
    var steady: SteadyRate?
    /// What bounds rest on at present: wider than stated after a contradiction, or while the probes show such a rate.
    var rate: RateRange { probation.rate }
    var newest: ClockProbe?
    @usableFromInline var cached: ClockSegment

    /// The breaks found or declared, oldest first; at most the latest `Self.breakCapacity` of them.
    public internal(set) var breaks: [ClockBreak] = []
    /// How many breaks there were in all.
    public internal(set) var breakCount = 0
    /// How many probes were accepted, those that opened a new epoch included.
    public internal(set) var acceptedProbes = 0
    /// How many probes were rejected.
    public internal(set) var rejectedProbes = 0

    /// Samples kept beyond the frozen time.
    static let recentCapacity = 256
    /// Breaks kept for display.
    static let breakCapacity = 64

    struct PendingGap: Sendable {
        /// First agent time of the new epoch.
        let start: Int64
        /// Bounds the controller time of everything in the gap.
        let upper: Int64
    }

    /// What became of a probe.
    public enum Observation: Sendable, Hashable {
        /// It is part of the bound.
        case accepted
        /// It contradicts what came before, or is the first after a declared break, and opened a new epoch.
        case epochBreak(ClockBreak)
        /// Its readings cannot be true, and it was left out.
        case rejected(ClockProbeError)
    }

    /// A clock without probes.
    ///
    /// - Parameters:
    ///   - wander: what bounds rest on besides, for as long as the probes do not refute it.
    ///   - pathCapacity: frozen points kept at most; at a watermark every 50 ms 4096 are 3.4 minutes.
    public init(assumptions: ClockAssumptions = .standard, wander: ClockWander? = nil, pathCapacity: Int = 4096) {
        self.assumptions = assumptions
        steady = wander.map(SteadyRate.init)
        self.probation = RateProbation(assumptions.rate)
        self.path = ClockPath(capacity: pathCapacity)
        self.cached = .unknown(first: 0, last: -1, assumptions)
    }

    /// The last frozen agent time (ns); `nil` before the first.
    public var frozenThrough: Int64? { path.last?.agent }

    /// The slope of controller time over agent time that the estimate follows, less 1, in parts per million.
    public var driftPartsPerMillion: Double { Double(guess.slope) / Double(1 << 60 as Int64) * 1e6 }

    /// The newest probe, mapped: a list of nodes shows its bound and quality.
    public var current: MappedTime? { newest.map { map(provisional: $0.t3) } }

    /// The node's clock at a controller time (ns), no earlier than the newest probe's reply: its bound has aged by the
    /// rate range since then. `nil` before the first probe.
    public func present(at controllerTime: Int64) -> MappedTime? {
        newest.flatMap { newest in
            let (age, overflow) = max(controllerTime, newest.t4).subtractingReportingOverflow(newest.t4)
            let (agent, beyond) = newest.t3.addingReportingOverflow(age)
            return overflow || beyond ? nil : map(provisional: agent)
        }
    }

    /// When the reply to the newest probe came, ns of the controller's timeline; `nil` before the first.
    public var newestReply: Int64? { newest?.t4 }

    /// Adds a probe. Probes may come late and in any order.
    public mutating func observe(_ probe: ClockProbe) -> Observation {
        do throws(ClockProbeError) {
            _ = try probe.validated(under: assumptions)
        } catch {
            rejectedProbes += 1
            return .rejected(error)
        }
        acceptedProbes += 1
        let sample = ClockSample(unchecked: probe, assumptions)
        let found = findBreak(at: probe, sample)
        if newest.map({ probe.t4 >= $0.t4 }) ?? true { newest = probe }
        if found == nil, epoch != nil {
            let frozenThrough = frozenThrough
            epoch?.add(sample, frozenThrough: frozenThrough, probation.rate)
            watch(sample)
        } else {
            epoch = LiveEpoch(sample)
            alarm = NarrowBoundAlarm()
            _ = departures.add(sample)
            steady?.restart(at: sample.agent)
        }
        guess.add(probe, rate)
        cached = .unknown(first: 0, last: -1, assumptions)
        return found.map { .epochBreak($0) } ?? .accepted
    }
}
