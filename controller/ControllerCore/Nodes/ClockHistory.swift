import SystemFacts
import TraceClock
import TraceProtocol

/// How well a node's clock was known in the last minutes, and its breaks. No I/O, no time.
struct ClockHistory {
    private var points: [WireClockHistoryPoint] = []
    private var breaks: [WireClockBreakNote] = []
    private var accepted: UInt64 = 0
    private var rejected: UInt64 = 0
    /// The shortest round trip since the last point.
    private var roundTrip: Duration?
    /// When the last point was made.
    private var lastPoint: EpochInstant?

    /// Between two points.
    static let interval = Duration.seconds(10)
    /// Points of half an hour.
    static let capacity = 180
    static let breakCapacity = 64

    /// A probe's outcome.
    mutating func observed(_ observation: LiveClock.Observation, roundTrip: Duration, at moment: EpochInstant) {
        switch observation {
        case .rejected:
            rejected += 1
            return
        case .accepted: break
        case .epochBreak(let clockBreak): add("\(clockBreak.reason)", at: moment)
        }
        accepted += 1
        self.roundTrip = min(self.roundTrip ?? roundTrip, roundTrip)
    }

    /// The node was booted again: what follows is another clock.
    mutating func rebooted(at moment: EpochInstant) {
        add("\(ClockBreakReason.bootIDChanged)", at: moment)
    }

    private mutating func add(_ reason: String, at moment: EpochInstant) {
        if breaks.count == Self.breakCapacity { breaks.removeFirst() }
        breaks.append(
            .with {
                $0.at = moment.nanoseconds
                $0.reason = reason
            })
    }

    /// Adds a point, if the last one is long enough ago.
    ///
    /// - Parameter bound: half width; nil while unknown.
    mutating func sample(bound: Duration?, driftPartsPerMillion drift: Double, at moment: EpochInstant) {
        guard lastPoint.map({ $0.duration(to: moment) >= Self.interval }) ?? true else { return }
        lastPoint = moment
        if points.count == Self.capacity { points.removeFirst() }
        points.append(
            .with {
                $0.at = moment.nanoseconds
                $0.boundNs = bound?.wholeNanoseconds ?? -1
                $0.roundTripNs = roundTrip?.wholeNanoseconds ?? -1
                $0.driftPpb = Int64((drift * 1000).rounded())
            })
        roundTrip = nil
    }

    var message: WireClockHistory {
        .with {
            $0.points = points
            $0.breaks = breaks
            $0.acceptedProbes = accepted
            $0.rejectedProbes = rejected
        }
    }
}
