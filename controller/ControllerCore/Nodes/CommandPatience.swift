import SystemFacts
import TraceProtocol

/// How long the reply to one command is waited for. No I/O; time is an argument.
///
/// A node that is mute costs `silence`. One that says that it goes on gets `work` from when it has begun, not from the
/// request: what is queued there before it is not its fault. `total` bounds what a node may claim.
struct CommandPatience {
    /// Without a sign: a reply, a sign of progress, or a frame of a session's stream, which they may wait behind.
    static let silence = Duration.seconds(2)
    /// For the command's own work.
    static let work = Duration.seconds(30)
    /// For the work and everything that is queued before it.
    static let total = Duration.seconds(120)

    private let sent: MonotonicRawInstant
    /// How far ahead the moment lies that the command itself waits for.
    private let lead: Duration
    private var lastSign: MonotonicRawInstant
    private var begun: MonotonicRawInstant?
    /// Commands before it, by the node's last word; nil before one.
    private var behind: UInt32?

    init(sent: MonotonicRawInstant, lead: Duration = .zero) {
        self.sent = sent
        self.lead = lead
        lastSign = sent
    }

    /// The node says that it goes on.
    mutating func progressed(_ progress: WireProgress, at now: MonotonicRawInstant) {
        lastSign = now
        behind = progress.behind
        if progress.behind == 0, begun == nil { begun = now }
    }

    /// Why the reply is not waited for any longer; nil while it is.
    ///
    /// - Parameter streamed: when the node's last frame of a stream came.
    func refusal(at now: MonotonicRawInstant, streamed: MonotonicRawInstant) -> WireRefusal? {
        guard max(lastSign, streamed, sent.advanced(by: lead)).duration(to: now) <= Self.silence else {
            return WireRefusal(
                .timeout, "no answer within \(Self.silence.components.seconds) s: its agent hangs, or its link is down")
        }
        if let begun, begun.duration(to: now) > Self.work + lead {
            return WireRefusal(.timeout, "still at work after \(Self.work.components.seconds) s")
        }
        guard sent.duration(to: now) > Self.total + lead else { return nil }
        let queue = behind.map { $0 > 0 ? ", with \($0) other requests before this one" : "" } ?? ""
        return WireRefusal(.timeout, "still busy after \(Self.total.components.seconds) s\(queue)")
    }
}
