import TraceProtocol

/// What becomes of a session that an earlier controller process was recording. No I/O.
enum SessionRecovery {
    /// Where its flow stood.
    case goesOn(RecoveredFlow)
    /// Its nodes owe no record to anybody: they are told to drop it.
    case discarded(String)
    /// What is stored stays, and nothing more comes.
    case interrupted(String)

    /// - Parameters:
    ///   - journal: its entries in their order; nil when it has none.
    ///   - hasLogs: something of its nodes is stored.
    ///   - bootID: of this machine.
    init(_ description: WireSessionDescription, journal: [WireJournalEntry]?, hasLogs: Bool, bootID: String) {
        guard let journal, case .opening(let opening) = journal.first?.entry else {
            // It was just being made, or an earlier build made it.
            self = hasLogs ? .interrupted("the controller ended") : .discarded("nothing was asked of its nodes yet")
            return
        }
        guard opening.bootID == bootID else {
            self = .interrupted("the controller's machine was restarted")
            return
        }
        guard let flow = RecoveredFlow(opening, journal.dropFirst(), nodes: description.nodes.count) else {
            self = .interrupted("the controller ended, and its journal does not fit the session")
            return
        }
        switch flow.flow.phase {
        case .preparing, .refused: self = .discarded("its nodes were still preparing")
        case .starting where !description.detached: self = .discarded("its operator did not know of it yet")
        case .starting, .recording, .stopping, .ended: self = .goesOn(flow)
        }
    }
}
