import SystemFacts
import TraceProtocol

/// A session's flow as its journal tells it.
struct RecoveredFlow: Sendable {
    var opening: WireOpenSession
    var flow: SessionFlow
    /// Of the agents, by node.
    var incarnations: [String]
    /// The start that nodes were told, if they were.
    private(set) var moment: MonotonicRawInstant?
    /// Nodes that were told to start, if `moment` is known.
    private(set) var commanded: Set<Int> = []
    /// When it was told to stop.
    private(set) var stoppedAt: MonotonicRawInstant?

    /// - Returns: nil for a journal that names nodes that the session does not have.
    init?(_ opening: WireJournalOpening, _ entries: some Sequence<WireJournalEntry>, nodes: Int) {
        guard opening.incarnations.count == nodes else { return nil }
        self.opening = opening.request
        incarnations = opening.incarnations
        flow = SessionFlow(nodes: nodes, partial: opening.request.partial)
        for entry in entries {
            switch entry.entry {
            case .starting(let starting): moment = MonotonicRawInstant(nanoseconds: starting.at)
            case .member(let member):
                guard Int(member.node) < nodes else { return nil }
                incarnations[Int(member.node)] = member.incarnation
            case .stopping(let stopping): stoppedAt = MonotonicRawInstant(nanoseconds: stopping.at)
            default: break
            }
            guard let event = entry.event else { continue }
            guard event.node ?? 0 < nodes else { return nil }
            flow.handle(event)
            // All that are ready are told at once, before any reply.
            if flow.phase == .starting, commanded.isEmpty { commanded = Set(flow.live) }
        }
        _ = flow.takeEvents()
    }
}
