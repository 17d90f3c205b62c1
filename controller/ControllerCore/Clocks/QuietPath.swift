import SystemFacts

/// What a node's connection knows of its path for probes by UDP, on the controller's loop.
struct QuietPath {
    private let prober: any DatagramProbing
    let id: UInt64
    private var pace = ProbePace.idle
    private var lastReply: MonotonicRawInstant?
    /// Whether it was said in the log that the path works.
    private(set) var isAnnounced = false

    /// A path may miss so much more than its interval and still be the one that is used.
    private static let patience = Duration.milliseconds(500)

    init(_ prober: any DatagramProbing, id: UInt64) {
        self.prober = prober
        self.id = id
    }

    /// Whether probes get through. Where they do not, the shared connection carries as many as it can.
    func isAlive(now: MonotonicRawInstant) -> Bool {
        lastReply.map { $0.duration(to: now) <= pace.interval * 2 + Self.patience } ?? false
    }

    mutating func replied(at now: MonotonicRawInstant) { lastReply = now }

    mutating func announce(_ isAlive: Bool) { isAnnounced = isAlive }

    /// From now on so many probes. A node that begins to record gets some at once.
    mutating func keep(_ pace: ProbePace) {
        guard pace != self.pace else { return }
        let isMore = pace.interval < self.pace.interval
        self.pace = pace
        prober.keep(pace, of: id)
        if isMore { beginBurst() }
    }

    func beginBurst() { prober.beginBurst(id) }

    func close() { prober.remove(id) }
}
