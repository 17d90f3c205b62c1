import TraceClock
import TraceProtocol

/// How well a node's clock was known in the last minutes, and its breaks. No I/O, no time.
struct ClockHistory {
    private var points: [WireClockHistoryPoint] = []
    private var breaks: [WireClockBreakNote] = []
    private var accepted: UInt64 = 0
    private var rejected: UInt64 = 0
    /// The smallest round trip since the last sample; ns.
    private var roundTrip: Int64?
    private var lastSample: Int64?

    /// ns.
    static let interval: Int64 = 10_000_000_000
    /// Half an hour's.
    static let capacity = 180
    static let breakCapacity = 64

    /// A probe's outcome.
    ///
    /// - Parameters:
    ///   - roundTrip: ns.
    ///   - moment: ns since the epoch.
    mutating func observed(_ observation: LiveClock.Observation, roundTrip: Int64, at moment: Int64) {
        switch observation {
        case .rejected:
            rejected += 1
            return
        case .accepted: break
        case .epochBreak(let clockBreak): add("\(clockBreak.reason)", at: moment)
        }
        accepted += 1
        self.roundTrip = min(self.roundTrip ?? .max, roundTrip)
    }

    /// The node was booted again: what follows is another clock.
    mutating func rebooted(at moment: Int64) {
        add("\(ClockBreakReason.bootIDChanged)", at: moment)
    }

    private mutating func add(_ reason: String, at moment: Int64) {
        if breaks.count == Self.breakCapacity { breaks.removeFirst() }
        breaks.append(
            .with {
                $0.at = moment
                $0.reason = reason
            })
    }

    /// Keeps how things are, if the last time is long enough ago.
    ///
    /// - Parameter bound: half width, ns; nil while unknown.
    mutating func sample(bound: Int64?, driftPartsPerMillion drift: Double, at moment: Int64) {
        guard lastSample.map({ moment - $0 >= Self.interval }) ?? true else { return }
        lastSample = moment
        if points.count == Self.capacity { points.removeFirst() }
        points.append(
            .with {
                $0.at = moment
                $0.boundNs = bound ?? -1
                $0.roundTripNs = roundTrip ?? -1
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
