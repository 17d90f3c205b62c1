import NIOCore
import TraceProtocol

/// Sessions that count: their totals are kept in memory and handed on, nothing goes to disk.
extension Controller {
    /// How long news of one node waits for those of others; ns.
    private static let longestHold: Int64 = 20_000_000
    /// The same where the nodes' tables are added up here, which costs the more the oftener it is done.
    private static let longestMergeHold: Int64 = 500_000_000
    /// Totals that come faster than this, whatever was ordered, are dropped; ns.
    private static let shortestInterval: Int64 = 5_000_000

    /// An agent has said what it counts.
    func planned(_ answer: WireCommandReply, _ session: LiveSession, _ index: Int) -> Result<WirePrepared, WireRefusal>
    {
        let result = answer.preparedResult
        guard session.counts != nil, case .success(let prepared) = result else { return result }
        guard prepared.hasCount else {
            discard(session, [index])
            return .failure(WireRefusal(.unsupported, "its agent is too old to count"))
        }
        session.counts?.planned(index, prepared.count)
        return result
    }

    /// Totals of an interval.
    func receivedCounts(_ frame: Frame, from link: NodeLink, now: Int64) throws {
        let totals: WireCountTotals = try frame.message()
        guard let (session, index) = part(totals.session, of: link) else {
            return discardStray(totals.session, of: link)
        }
        guard let order = session.counts?.order else { throw ProtocolError.unexpected(.counts, "of no count") }
        // They cost no credit, so their rate is bounded here.
        let shortest = max(Self.shortestInterval, Int64(order.intervalMs) * 500_000)
        guard now - session.parts[index].lastMark >= shortest else { return }
        session.parts[index].lastMark = now
        try session.counts?.take(totals, from: index)
        scheduleReport(session)
    }

    /// A numbered frame of a count: its end.
    func receivedFinalCounts(
        _ frame: Frame, _ sequence: UInt64, _ session: LiveSession, _ index: Int, _ link: NodeLink
    ) throws {
        grant(frame.body.readableBytes, to: link)
        link.send(Acknowledgement(StreamNumber(session: session.id, sequence: sequence)).frame())
        session.parts[index].durable = sequence
        guard frame.type == .finish else { return }
        var body = frame.body
        body.moveReaderIndex(forwardBy: StreamNumber.length)
        let finish: WireFinish = try Frame(.finish, body).message()
        try session.counts?.finish(index, finish.counts, reason: finish.reason)
        scheduleReport(session)
        perform(session.flow.finished(index), session)
    }

    /// What would be a note in the log of a session that records.
    func noteCount(_ kind: WireNodeNote.Kind, _ text: String, _ session: LiveSession, _ index: Int) {
        switch kind {
        case .lost: session.counts?.set(index, .silent, text)
        case .returned: session.counts?.set(index, .counting, "")
        case .restarted, .gaveUp, .refused: session.counts?.set(index, .gone, text)
        default: return
        }
        scheduleReport(session)
    }

    // MARK: To the operator

    /// Sends a report soon: together with what other nodes send in the same moment.
    private func scheduleReport(_ session: LiveSession) {
        guard let counts = session.counts, session.isAnnounced else { return }
        if counts.isAligned, session.flow.phase == .recording { return sendReport(session) }
        guard !session.isReportScheduled else { return }
        session.isReportScheduled = true
        let quarter = counts.order.intervalMs == 0 ? Int64.max : Int64(counts.order.intervalMs) * 250_000
        let hold = counts.isMerged ? Self.longestMergeHold : min(Self.longestHold, quarter)
        loop.assumeIsolated().scheduleTask(in: .nanoseconds(hold)) { [self] in
            session.isReportScheduled = false
            assumeIsolated { $0.sendReport(session) }
        }
    }

    /// Sends what is new if the operator's connection takes it; else `pump` does when it does.
    func sendReport(_ session: LiveSession) {
        guard session.counts?.hasNews == true, let owner = session.owner, owner.channel.isWritable else { return }
        send(session, to: owner)
    }

    private func send(_ session: LiveSession, to owner: OperatorLink) {
        for report in session.counts?.reports(session: session.id) ?? [] {
            guard let frame = try? Frame(.countReport, report), frame.body.readableBytes <= frame.type.maximumBody
            else {
                session.problem = "the counts are more than a frame can hold"
                continue
            }
            owner.send(frame)
        }
    }

    /// The session is over: the final totals go out whether or not the operator keeps up.
    func endCount(_ session: LiveSession) {
        sessions[session.id] = nil
        guard let owner = session.owner else { return }
        send(session, to: owner)
        var end = WireStreamEnd()
        end.session = session.id
        end.problem = session.problem
        if let frame = try? Frame(.streamEnd, end) { owner.send(frame) }
    }
}
