import SessionStore
import TraceClock
import TraceProtocol

/// What the session's own traffic says of a node's clock: a watermark was read from the node's clock before it was sent,
/// and the controller stored with it when it came.
struct SessionReadings {
    private var best: [(agentTime: Int64, received: Int64)] = []
    private var thinning = 1
    private var pending: (agentTime: Int64, received: Int64)?
    private var count = 0
    private let capacity: Int

    static let capacity = 1 << 16

    init(capacity: Int = SessionReadings.capacity) { self.capacity = max(capacity, 16) }

    mutating func add(_ record: LogRecord) {
        guard record.frame.type == .watermark, let latest = try? Watermark(record.frame).entries.map(\.time).max()
        else { return }
        add(agentTime: NodeTimeline.stamp(latest), received: record.received)
    }

    /// Of each two in turn the quicker one is kept when there are too many.
    mutating func add(agentTime: Int64, received: Int64) {
        let next = (agentTime: agentTime, received: received)
        if pending.map({ received &- agentTime < $0.received &- $0.agentTime }) ?? true { pending = next }
        count += 1
        guard count >= thinning, let quickest = pending else { return }
        best.append(quickest)
        (pending, count) = (nil, 0)
        guard best.count >= capacity else { return }
        best = stride(from: 0, to: best.count - 1, by: 2).map { index in
            let (one, other) = (best[index], best[index + 1])
            return one.received &- one.agentTime <= other.received &- other.agentTime ? one : other
        }
        thinning *= 2
    }

    var constraints: [MessageConstraint] {
        (best + (pending.map { [$0] } ?? [])).map {
            // The controller's reading is truncated to a step of its clock.
            MessageConstraint(agentTime: $0.agentTime, bound: ClockBound(lower: .min, upper: $0.received &+ 1))
        }
    }
}
