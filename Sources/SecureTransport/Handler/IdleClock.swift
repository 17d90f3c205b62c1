import NIOCore

/// Decides whether a peer has sent nothing for too long.
///
/// Only time in which this side wants to read is counted. While the application does not call `read()`, nothing is
/// received, which is not the peer's fault.
struct IdleClock {
    let limit: TimeAmount
    private var since: NIODeadline
    private var isListening = false

    init(limit: TimeAmount, now: NIODeadline) {
        self.limit = limit
        since = now
    }

    /// A read was requested.
    mutating func listen(now: NIODeadline) {
        guard !isListening else { return }
        isListening = true
        since = now
    }

    /// Bytes were received. Nothing is expected until the next read is requested.
    mutating func heard(now: NIODeadline) {
        isListening = false
        since = now
    }

    enum Verdict: Hashable {
        case expired
        /// Check again at this time.
        case checkAt(NIODeadline)
    }

    func verdict(now: NIODeadline) -> Verdict {
        guard isListening else { return .checkAt(now + limit) }
        let end = since + limit
        return end <= now ? .expired : .checkAt(end)
    }
}
