import TraceProtocol

/// The events of a session's flow as its journal has them.
extension WireJournalEntry {
    init(_ event: SessionFlow.Event) {
        self.init()
        switch event {
        case .prepared(let node, let outcome):
            prepared.node = UInt32(node)
            switch outcome {
            case .success(let reply): prepared.prepared = reply
            case .failure(let refusal): prepared.refusal = refusal
            }
        case .prepareDeadline: prepareDeadline = WireJournalDeadline()
        case .started(let node, let outcome):
            started.node = UInt32(node)
            switch outcome {
            case .success(let reply): started.started = reply
            case .failure(let refusal): started.refusal = refusal
            }
        case .startDeadline: startDeadline = WireJournalDeadline()
        case .stop: stopping = WireJournalMoment()
        case .giveUp(let node, let reason):
            gaveUp.node = UInt32(node)
            gaveUp.reason = reason
        }
    }

    /// Nil for an entry that does not move the flow, and for one that makes no sense.
    var event: SessionFlow.Event? {
        switch entry {
        case .prepared(let reply):
            switch reply.outcome {
            case .prepared(let prepared): .prepared(Int(reply.node), .success(prepared))
            case .refusal(let refusal): .prepared(Int(reply.node), .failure(refusal))
            default: nil
            }
        case .started(let reply):
            switch reply.outcome {
            case .started(let started): .started(Int(reply.node), .success(started))
            case .refusal(let refusal): .started(Int(reply.node), .failure(refusal))
            default: nil
            }
        case .prepareDeadline: .prepareDeadline
        case .startDeadline: .startDeadline
        case .stopping: .stop
        case .gaveUp(let end): .giveUp(Int(end.node), end.reason)
        case .opening, .starting, .member, nil: nil
        }
    }
}

extension SessionFlow.Event {
    /// Of which node it is; nil for one of the whole session.
    var node: Int? {
        switch self {
        case .prepared(let node, _), .started(let node, _), .giveUp(let node, _): node
        case .prepareDeadline, .startDeadline, .stop: nil
        }
    }
}
