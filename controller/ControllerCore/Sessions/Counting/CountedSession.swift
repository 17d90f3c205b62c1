import SystemFacts
import TraceProtocol

/// A session that counts: its nodes' totals are kept in memory and handed on to its operator. Nothing is stored.
final class CountedSession: Session {
    /// Totals that come faster than this are dropped, whatever interval was asked for.
    private static let shortestInterval = Duration.milliseconds(5)

    var ledger: CountLedger
    private(set) var endedAt: MonotonicRawInstant?
    /// A report is on its way.
    var isReportScheduled = false
    /// Totals that come faster than this are dropped: they cost no credit, so their rate is bounded here.
    private let shortestInterval: Duration

    override init(
        _ description: WireSessionDescription, opening: WireOpenSession, request: UInt64, owner: (any SessionOperator)?,
        members: [(node: any SessionNode, incarnation: String)], environment: SessionEnvironment
    ) {
        ledger = CountLedger(opening.count, nodes: members.count, budget: environment.budget)
        shortestInterval = max(Self.shortestInterval, .microseconds(Int64(opening.count.intervalMs) * 500))
        super.init(
            description, opening: opening, request: request, owner: owner, members: members, environment: environment)
    }

    override func checkPrepared(_ reply: WireCommandReply, _ index: Int) -> Result<WirePrepared, WireRefusal> {
        let result = reply.preparedResult
        guard case .success(let prepared) = result else { return result }
        guard prepared.hasCount else {
            discard([index])
            return .failure(WireRefusal(.unsupported, "its agent is too old to count"))
        }
        let wanted = ledger.request
        if wanted.hasValues && !prepared.count.countsValues || wanted.isMatched && !prepared.count.matches {
            discard([index])
            let what = wanted.isMatched ? "match a latency by fields" : "add up fields"
            return .failure(WireRefusal(.unsupported, "its agent is too old to \(what)"))
        }
        ledger.planned(index, prepared.count)
        return result
    }

    override func receiveCounts(_ frame: Frame, _ index: Int, at now: MonotonicRawInstant) throws {
        guard parts[index].lastUnnumbered.duration(to: now) >= shortestInterval else { return }
        parts[index].lastUnnumbered = now
        let totals: WireCountTotals = try frame.message(parts: ledger.mostParts(of: index))
        try ledger.receive(totals, from: index)
        parts[index].account.recorded(through: totals.at, heard: now.nanoseconds)
        scheduleReport()
    }

    override func receive(
        _ frame: Frame, _ batch: BatchHeader?, sequence: UInt64, _ index: Int, at now: MonotonicRawInstant
    ) throws {
        let node = parts[index].node
        node.grant(frame.body.readableBytes)
        node.acknowledge(StreamNumber(session: id, sequence: sequence))
        parts[index].durable = sequence
        if frame.type == .finish { try finish(index, frame, at: now) }
    }

    override func announced() {
        owner?.add(self)
        sendReport()
    }

    override func noted(_ note: WireNodeNote, _ index: Int) {
        noteState(note, index)
    }

    override func account() -> SessionAccount { finalAccount() }

    override func reclaimed(
        by link: any SessionOperator, from previous: (any SessionOperator)?, behind read: [UInt64], _ request: UInt64
    ) {
        previous?.remove(self)
        link.respond(to: request, .attached(description))
        ledger.renew()
        guard endedAt == nil else { return sendEnd() }
        link.add(self)
        sendReport()
    }

    override func unheld() {
        closeIfUnused()
    }

    override func checkReaders(now: MonotonicRawInstant) {
        guard let endedAt, !hold.isAwaited, endedAt.duration(to: now) > SessionHold.grace else { return }
        closeIfUnused(isReclaimOver: true)
    }

    override func ended() {
        endedAt = now
        sendEnd()
        closeIfUnused()
    }
}
