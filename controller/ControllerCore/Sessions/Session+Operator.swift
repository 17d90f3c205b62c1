import TraceProtocol

/// An operator who leaves, and comes back.
extension Session {
    /// The connection of its operator has ended.
    ///
    /// - Parameter inOrder: the operator said so, or may not come back.
    func ownerLeft(inOrder: Bool) {
        owner = nil
        // Before it is announced nobody knows that it is there.
        guard inOrder || !flow.isAnnounced && !hold.isDetached else { return hold.lost(at: now) }
        hold.released()
        stop()
        unheld()
    }

    /// Its operator takes it back, from another connection.
    ///
    /// - Parameter read: bytes of log records, by node, that the operator has.
    func reclaim(by link: any SessionOperator, behind read: [UInt64], _ request: UInt64) {
        let previous = owner
        if !hold.isDetached {
            owner = link
            hold.taken()
        }
        reclaimed(by: link, from: previous, behind: read, request)
    }

    /// Stops it when its operator has not come back in time. Called often.
    func checkHold() {
        guard hold.expire(now: now) else { return }
        environment.log.notice(
            "its operator has not come back: the session stops", metadata: ["session": "\(id.sessionText)"])
        stop()
        unheld()
    }

    /// Whether its operator may come back for what has not arrived. One whose connection holds it has perhaps not got the
    /// end yet.
    var mayBeReclaimed: Bool { hold.isAwaited || owner?.reclaims == true }
}

extension Result<Void, WireRefusal> {
    /// The reply to a request to read a session.
    func attached(to description: WireSessionDescription) -> WireReply.OneOf_Outcome {
        switch self {
        case .success: .attached(description)
        case .failure(let refusal): .refusal(refusal)
        }
    }
}
