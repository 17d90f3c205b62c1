/// The account of a session: per node and CPU, what the kernel recorded must be what arrived plus what it lost and what was
/// lost with an agent that died, no probe may have missed anything, and each node must have recorded from the start to the
/// stop.
///
/// `problems` decides for all: for the total line, the summary, the manifest's state and the exit status.
public struct SessionAccount: Sendable {
    public var nodes: [Node]
    public var lateEvents: UInt64
    /// What is wrong with the session as a whole, or with its stored form.
    public var faults: [String] = []
    /// ns from the timeline to the epoch; nil where no time of day is known.
    public var epochOffset: Int64?
    /// How far the order of the events that were read is known; nil where nobody put them in order.
    public var order: OrderTally?

    public init(nodes: [Node], lateEvents: UInt64 = 0, epochOffset: Int64? = nil) {
        self.nodes = nodes
        self.lateEvents = lateEvents
        self.epochOffset = epochOffset
    }

    /// Everything for which the session is not complete, each as a line for people. Empty for a complete one.
    public var problems: [String] { faults + nodes.flatMap(\.problems) }

    /// For the manifest.
    public var state: String {
        let problems = problems
        guard !problems.isEmpty else { return "complete" }
        let more = problems.count - Self.mostInState
        return "incomplete: " + problems.prefix(Self.mostInState).joined(separator: "; ")
            + (more > 0 ? "; and \(more) more" : "")
    }

    /// A manifest must stay small, whatever a thousand nodes say.
    private static let mostInState = 100

    /// For the manifest: the gaps of all nodes, as many as fit.
    public var gaps: [WireRecordingGap] {
        let all = nodes.enumerated().flatMap { index, node in
            node.gaps.map { gap in
                var gap = gap
                gap.node = UInt32(index)
                // A node's clock may say anything. What no session can have is not known.
                if !WireRecordingGap.times.contains(gap.from) { gap.from = 0 }
                if !WireRecordingGap.times.contains(gap.to) { gap.to = 0 }
                return gap
            }
        }
        return Array(all.prefix(Self.mostGaps))
    }

    /// For the manifest: what was lost with agents that died, as much as fits.
    public var losses: [WireEventLoss] {
        let all = nodes.enumerated().flatMap { index, node in
            node.losses.map { loss in
                var loss = loss
                loss.node = UInt32(index)
                // A node's clock may say anything. What no session can have is not known.
                if !WireRecordingGap.times.contains(loss.from) { loss.from = 0 }
                if !WireRecordingGap.times.contains(loss.to) { loss.to = 0 }
                return loss
            }
        }
        return Array(all.prefix(Self.mostGaps))
    }

    /// More than this a manifest does not have.
    public static let mostGaps = 1000

    /// Events that arrived.
    public var received: UInt64 { nodes.reduce(0) { $0 &+ $1.received } }
    /// Those of the nodes that took part.
    private var parts: [Node] { nodes.filter { $0.refusal == nil } }
    /// Events that are known to be lost: at least so many.
    public var knownLost: UInt64 { parts.reduce(0) { $0 &+ ($1.lost ?? 0) } }
    /// Events that were lost with agents that died.
    public var lostAtAgents: UInt64 { parts.reduce(0) { $0 &+ $1.lostAtAgent } }
    /// Events that probes missed: at most so many.
    public var missed: UInt64 { parts.reduce(0) { $0 &+ $1.missed.total } }
    /// Nodes of which it is not known how many events they lost.
    public var unknownLosses: [String] { parts.filter { $0.lost == nil }.map(\.name) }
}
