import SystemFacts

/// Since when nothing is sent although something waits, and since when nothing is read although something is recorded. No
/// I/O; time is an argument.
struct Standstill: Sendable {
    /// When a numbered frame was sent last, or the connection was made.
    private var sentAt: MonotonicRawInstant
    private var fullSince: MonotonicRawInstant?

    init(now: MonotonicRawInstant) { sentAt = now }

    /// A frame was sent, or everything has been.
    mutating func sent(now: MonotonicRawInstant) { sentAt = now }

    /// Called every second.
    mutating func observe(isFull: Bool, now: MonotonicRawInstant) {
        fullSince = isFull ? fullSince ?? now : nil
    }

    func waiting(now: MonotonicRawInstant) -> Duration { sentAt.duration(to: now) }

    /// Zero while something can be kept.
    func full(now: MonotonicRawInstant) -> Duration { fullSince.map { $0.duration(to: now) } ?? .zero }
}
