import SystemFacts

/// Decides up to which time the merged output may go.
///
/// Output waits for the slowest node, and no longer than `stallLimit` for a silent one. All times are ns on the
/// controller's timeline; time itself is an argument. The frontier never goes back.
public struct WatermarkGate: Sendable {
    /// A node by its index in the session.
    public typealias Node = Int

    /// A node's state.
    public enum State: Sendable, Hashable {
        /// Output waits for it.
        case active
        /// Its watermark has not moved for longer than the limit: output goes on without it.
        case stalled(since: Int64)
        /// It sends again, but its watermark is still behind by more than the limit: its events are late.
        case catchingUp
        /// It has sent everything.
        case finished
        /// It is gone, and nothing more is expected.
        case lost
    }

    /// What the reader of the output is told.
    public enum Event: Sendable, Hashable {
        /// The node's watermark has not moved since the given time.
        case stalled(Node, since: Int64)
        /// The node's watermark moves again after a stall.
        case recovered(Node)
    }

    /// What `release` found.
    public struct Release: Sendable, Hashable {
        /// Events with a time below this may go out; `Int64.max` when no more can come, `Int64.min` for none yet.
        public let frontier: Int64
        /// What changed since the last call, in order.
        public let events: [Event]
    }

    struct Member: Sendable {
        var state: State = .active
        var watermark: Int64?
        /// When the watermark last moved, or the node was added.
        var heard: Int64
    }

    /// How long output waits for a silent node, ns: compared for every node at every release.
    private let stallLimit: Int64
    /// Events below this have been let out.
    public private(set) var frontier = Int64.min
    private var members: [Node: Member] = [:]
    private var events: [Event] = []

    /// - Parameter stallLimit: how long output waits for a silent node; nil for ever.
    public init(stallLimit: Duration? = .seconds(2)) { self.stallLimit = max(stallLimit?.wholeNanoseconds ?? .max, 0) }

    /// A node takes part from now on; output waits for its first watermark. Adding a node twice starts it anew.
    public mutating func add(node: Node, at now: Int64) { members[node] = Member(heard: now) }

    /// Every event of `node` below `watermark` has arrived. A watermark that does not rise does not end a stall: an
    /// agent that repeats itself must not hold back all others for ever.
    ///
    /// A watermark after `now` counts as `now`: what has not happened cannot have been sent.
    public mutating func update(node: Node, watermark: Int64, at now: Int64) {
        guard var member = members[node], member.state != .finished else { return }
        let watermark = min(watermark, now)
        if let before = member.watermark, watermark <= before { return }
        member.watermark = watermark
        member.heard = now
        switch member.state {
        case .stalled, .lost:
            events.append(.recovered(node))
            member.state = .catchingUp
        case .active, .catchingUp, .finished: break
        }
        if member.state == .catchingUp, !isFarBehind(watermark, at: now) { member.state = .active }
        members[node] = member
    }

    /// No node could be heard until now: each has the whole limit again.
    public mutating func resume(at now: Int64) {
        for node in members.keys { members[node]?.heard = now }
    }

    /// The node has sent everything; nothing waits for it.
    public mutating func finish(node: Node) { members[node]?.state = .finished }

    /// The node is gone: nothing waits for it. It may come back with `update`.
    public mutating func lose(node: Node) {
        if let state = members[node]?.state, state != .finished { members[node]?.state = .lost }
    }

    /// The node is forgotten.
    public mutating func remove(node: Node) { members[node] = nil }

    /// A node's state; `nil` for one that was never added.
    public func state(of node: Node) -> State? { members[node]?.state }

    /// Whether an event at `time` that comes out now lies before the frontier: it is shown as late, never dropped.
    public func isLate(_ time: Int64) -> Bool { time < frontier }

    /// Moves the frontier as far as the nodes allow at the time `now`.
    public mutating func release(at now: Int64) -> Release {
        for node in members.keys.filter({ isSilent($0, at: now) }).sorted() { stall(node) }
        frontier = max(frontier, nextFrontier())
        let news = events
        events = []
        return Release(frontier: frontier, events: news)
    }

    /// Whether a node that stalled is still left behind. Once it lags by no more than any node may, output waits for it
    /// again: a node on a slow path would never overtake the others.
    private func isFarBehind(_ watermark: Int64, at now: Int64) -> Bool {
        let (lag, overflow) = now.subtractingReportingOverflow(watermark)
        return watermark < frontier && (overflow || lag > stallLimit)
    }

    /// Whether a node that output waits for has not moved for too long.
    private func isSilent(_ node: Node, at now: Int64) -> Bool {
        guard let member = members[node], member.state == .active || member.state == .catchingUp else { return false }
        let (silence, overflow) = now.subtractingReportingOverflow(member.heard)
        return overflow ? now > member.heard : silence > stallLimit
    }

    private mutating func stall(_ node: Node) {
        guard let heard = members[node]?.heard else { return }
        members[node]?.state = .stalled(since: heard)
        events.append(.stalled(node, since: heard))
    }

    /// The least watermark of the nodes that output waits for. When it waits for none: the greatest watermark of the
    /// stalled nodes, or `Int64.max` when no node can send more.
    private func nextFrontier() -> Int64 {
        var least: Int64?
        var stated = Int64.min
        var mayComeBack = false
        for member in members.values {
            switch member.state {
            case .active:
                let own = member.watermark ?? .min
                least = min(least ?? own, own)
            case .stalled, .catchingUp:
                mayComeBack = true
                stated = max(stated, member.watermark ?? .min)
            case .finished, .lost: break
            }
        }
        if let least { return least }
        return mayComeBack || members.isEmpty ? stated : .max
    }
}
