import TraceProtocol

/// Why a node's count, and the whole count, has ended.
extension CountedSession {
    /// A node's Finish frame: its final totals, and the reason if they are not all that was asked for.
    func finish(_ index: Int, _ frame: Frame) throws {
        var body = frame.body
        body.moveReaderIndex(forwardBy: StreamNumber.length)
        let finish: WireFinish = try Frame(.finish, body).message()
        try ledger.finish(index, finish.counts, reason: finish.reason)
        scheduleReport()
        perform(flow.finished(index))
    }

    /// What would be a note in the log of a traced session.
    func noteState(_ kind: WireNodeNote.Kind, _ text: String, _ index: Int) {
        switch kind {
        case .lost: ledger.set(index, .silent, text)
        case .returned: ledger.set(index, .counting, "")
        case .restarted, .gaveUp, .refused: ledger.set(index, .gone, text)
        default: return
        }
        scheduleReport()
    }

    /// The count is over: the final totals go out whether or not the operator keeps up.
    func sendEnd() {
        environment.forget(id)
        guard let owner else { return }
        owner.remove(self)
        sendReports(to: owner)
        var end = WireStreamEnd()
        end.session = id
        end.problem = problem
        if let frame = try? Frame(.streamEnd, end) { owner.send(frame) }
    }
}
