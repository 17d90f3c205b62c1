import SystemFacts
import TraceProtocol

/// Why a node's count, and the whole count, has ended.
extension CountedSession {
    /// A node's Finish frame: its final totals. Its account knows whether they are all that was asked for.
    func finish(_ index: Int, _ frame: Frame, at now: MonotonicRawInstant) throws {
        var body = frame.body
        body.moveReaderIndex(forwardBy: StreamNumber.length)
        let finish: WireFinish = try Frame(.finish, body).message(parts: ledger.mostParts(of: index))
        parts[index].account.add(finish, at: now.nanoseconds)
        let isCut = finish.incomplete ? "it could not count all that its kernel recorded" : ""
        try ledger.finish(index, finish.counts, reason: isCut)
        ledger.set(index, missed: finish.missed.limited)
        ledger.set(index, gaps: gaps(of: index))
        scheduleReport()
        perform(flow.finished(index))
    }

    /// What would be a note in the log of a traced session.
    func noteState(_ note: WireNodeNote, _ index: Int) {
        switch note.kind {
        case .lost: ledger.set(index, .silent, note.text)
        case .returned, .takenOver: ledger.set(index, .counting, "")
        case .restarted, .gaveUp, .refused: ledger.set(index, .gone, note.text)
        case .started: break
        default: return
        }
        ledger.set(index, gaps: gaps(of: index))
        scheduleReport()
    }

    private func gaps(of index: Int) -> [WireRecordingGap] { parts[index].account.gaps(parts[index].onTimeline) }

    /// Nothing of a count is stored: its operator's account comes from the reports. What counts here are the gaps.
    func finalAccount() -> SessionAccount {
        var account = SessionAccount(nodes: [])
        for (index, part) in parts.enumerated() {
            ledger.set(index, gaps: gaps(of: index))
            account.faults += gaps(of: index).filter { !$0.tolerated }.map { "node \(part.node.name): \($0.summary)" }
        }
        if !problem.isEmpty { account.faults.append(problem) }
        return account
    }

    /// The count is over: the final totals go out whether or not the operator keeps up. They stay as long as it may come
    /// back for them.
    func sendEnd() {
        guard let owner else { return }
        owner.remove(self)
        sendReports(to: owner)
        var end = WireStreamEnd()
        end.session = id
        end.problem = problem
        if let frame = try? Frame(.streamEnd, end) { owner.send(frame) }
    }

    /// It is forgotten when its operator has left or need not be waited for.
    func closeIfUnused(isReclaimOver: Bool = false) {
        guard endedAt != nil, isReclaimOver || !mayBeReclaimed else { return }
        environment.forget(id, nil)
    }
}
