import SystemFacts

/// Whether a peer stays within a rate. No clock: the time is an argument.
///
/// The generic cell rate algorithm (ITU-T I.371): instead of tokens it keeps the time at which the bucket will be full
/// again. So nothing has to be refilled, and an untouched bucket costs nothing.
public struct TokenBucket: Sendable {
    public let rate: Rate
    /// Nil while it is full.
    private var fullAt: MonotonicRawInstant?

    /// A full bucket.
    public init(_ rate: Rate) {
        self.rate = rate
    }

    /// Spends if so much is left.
    ///
    /// - Parameters:
    ///   - amount: at most 2^33.
    ///   - shares: so many times the rate is allowed now.
    /// - Returns: false if not; nothing is spent then.
    public mutating func spend(_ amount: Int = 1, shares: Int = 1, now: MonotonicRawInstant) -> Bool {
        let full = max(fullAt ?? now, now).advanced(by: time(for: amount) / max(1, shares))
        guard now.duration(to: full) <= time(for: rate.burst) else { return false }
        fullAt = full
        return true
    }

    /// Spends whatever is left, and more: what has been used already is known only afterwards.
    public mutating func overdraw(_ amount: Int, now: MonotonicRawInstant) {
        fullAt = max(fullAt ?? now, now).advanced(by: time(for: amount))
    }

    /// How long until something is left to spend; zero when there is.
    public func wait(now: MonotonicRawInstant) -> Duration {
        guard let fullAt else { return .zero }
        return max(.zero, now.duration(to: fullAt) - time(for: rate.burst - 1))
    }

    private func time(for amount: Int) -> Duration {
        .nanoseconds(Int64(amount) * 1_000_000_000 / Int64(rate.perSecond))
    }
}
