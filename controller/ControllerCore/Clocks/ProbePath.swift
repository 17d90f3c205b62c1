import Datagrams
import Quotas
import SystemFacts

/// One node's path for clock probes by UDP, at the controller: where it leads, which probe is due, which reply is one. No
/// I/O; time is an argument.
///
/// An address is a claim until it has replied: an open that somebody recorded and sends from another's address brings
/// that address one datagram of the same length, and no more. Only then do probes come regularly, as long as replies do.
struct ProbePath {
    /// Where the node is, by its last open.
    private(set) var endpoint: DatagramEndpoint?
    /// Whether it has replied from there.
    private(set) var isProved = false
    private var lastOpen: UInt64 = 0
    private var opens: TokenBucket
    private var outstanding = OutstandingProbes()
    /// When the last reply came, or the open that made the path.
    private var lastHeard: MonotonicRawInstant
    /// When the next probe is due; nil while none is.
    private(set) var dueAt: MonotonicRawInstant?
    private var pace = ProbePace.idle
    private var burstLeft = 0
    private var trainLeft = 0

    /// Probes of a burst: one of so many finds an empty path.
    static let burst = 16
    static let burstInterval = Duration.milliseconds(5)
    /// A path that does not reply for so long is given up until the node opens it again.
    static let silence = Duration.seconds(3)

    init(opens: Rate, now: MonotonicRawInstant) {
        self.opens = TokenBucket(opens)
        lastHeard = now
    }

    /// The node has said, authentically, that it is reached at an endpoint. An old number is an old datagram.
    mutating func opened(number: UInt64, from endpoint: DatagramEndpoint, at now: MonotonicRawInstant) {
        guard number > lastOpen, opens.spend(now: now) else { return }
        lastOpen = number
        if self.endpoint != endpoint {
            self.endpoint = endpoint
            isProved = false
        }
        lastHeard = now
        dueAt = now
    }

    /// The number and endpoint of a probe that is to be sent now.
    mutating func next(now: MonotonicRawInstant) -> (number: UInt64, endpoint: DatagramEndpoint)? {
        guard let endpoint, let due = dueAt, now >= due else { return nil }
        if lastHeard.duration(to: now) > Self.silence {
            dueAt = nil
            isProved = false
            return nil
        }
        if !isProved {
            dueAt = nil
        } else if burstLeft > 0 {
            burstLeft -= 1
            dueAt = now.advanced(by: Self.burstInterval)
        } else {
            trainLeft = (trainLeft > 0 ? trainLeft : pace.train) - 1
            dueAt = trainLeft > 0 ? now : now.advanced(by: pace.interval)
        }
        return (UInt64(outstanding.next), endpoint)
    }

    /// The probe that `next` has named was sent.
    mutating func sent(at time: MonotonicRawInstant) { _ = outstanding.add(at: time) }

    /// The node has replied, authentically.
    ///
    /// - Returns: when that probe was sent, once; nil for a reply to nothing.
    mutating func replied(
        _ number: UInt64, from endpoint: DatagramEndpoint, at now: MonotonicRawInstant
    ) -> MonotonicRawInstant? {
        guard let id = UInt32(exactly: number), let sent = outstanding.remove(id) else { return nil }
        lastHeard = max(lastHeard, now)
        if !isProved, endpoint == self.endpoint {
            isProved = true
            // A burst at first finds the quiet moment that makes a narrow bound.
            beginBurst(at: now)
        }
        return sent
    }

    /// From now on so many probes.
    mutating func keep(_ pace: ProbePace, at now: MonotonicRawInstant) {
        self.pace = pace
        guard isProved, let due = dueAt else { return }
        dueAt = min(due, now.advanced(by: pace.interval))
    }

    /// Some probes at once, where the path leads somewhere.
    mutating func beginBurst(at now: MonotonicRawInstant) {
        guard isProved else { return }
        burstLeft = Self.burst
        dueAt = now
    }
}
