import NIOCore

/// Decides whether a peer has been silent for too long.
///
/// Only time in which this side wants to read counts: whoever holds back `read()` hears nothing, and that is not the
/// peer's fault.
struct IdleClock {
    let limit: TimeAmount
    private var since: NIODeadline
    private var isListening = false

    init(limit: TimeAmount, now: NIODeadline) {
        self.limit = limit
        since = now
    }

    /// A read was asked for.
    mutating func listen(now: NIODeadline) {
        guard !isListening else { return }
        isListening = true
        since = now
    }

    /// Bytes came. Until the next read is asked for nothing is expected.
    mutating func heard(now: NIODeadline) {
        isListening = false
        since = now
    }

    enum Verdict: Hashable {
        case expired
        /// Judge again at this time.
        case checkAt(NIODeadline)
    }

    func verdict(now: NIODeadline) -> Verdict {
        guard isListening else { return .checkAt(now + limit) }
        let end = since + limit
        return end <= now ? .expired : .checkAt(end)
    }
}
