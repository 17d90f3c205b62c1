import NIOCore

/// The processor time that handshakes may take: a share of one thread, saved up to a burst.
///
/// Time that was used is subtracted afterwards, so the balance may become negative. A handshake that has started is
/// finished all the same; only new ones wait.
struct HandshakeBudget {
    /// The share of one thread, above 0 and at most 1.
    private let share: Double
    private let burst: Int64
    /// Nanoseconds that may be used.
    private var balance: Int64
    private var updated: NIODeadline?

    init(share: Double, burst: TimeAmount) {
        self.share = min(1, max(0.001, share))
        self.burst = burst.nanoseconds
        balance = burst.nanoseconds
    }

    /// Whether a handshake may start.
    mutating func allowsStart(now: NIODeadline) -> Bool {
        refill(now)
        return balance > 0
    }

    mutating func spend(_ time: TimeAmount, now: NIODeadline) {
        refill(now)
        balance -= time.nanoseconds
    }

    /// When the next handshake may start, if none is under way until then.
    func nextStart(now: NIODeadline) -> NIODeadline {
        balance > 0 ? now : now + .nanoseconds(Int64(Double(1 - balance) / share) + 1)
    }

    private mutating func refill(_ now: NIODeadline) {
        defer { updated = max(now, updated ?? now) }
        guard let updated, now > updated else { return }
        balance = min(burst, balance + Int64(Double((now - updated).nanoseconds) * share))
    }
}
