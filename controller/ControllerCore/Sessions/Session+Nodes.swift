import SystemFacts
import TraceProtocol

/// Nodes that are lost while the session runs, and come back.
extension Session {
    /// Something happens to a node's part.
    ///
    /// - Parameter moment: when; nil for now.
    func note(
        _ kind: WireNodeNote.Kind, _ text: String, _ index: Int, started: WireStarted? = nil,
        at moment: MonotonicRawInstant? = nil
    ) {
        var note = WireNodeNote()
        note.kind = kind
        note.at = (moment ?? now).nanoseconds
        note.text = text
        if let started { note.started = started }
        if parts[index].isStartCommanded, let moment = startMoment.at { note.moment = moment.nanoseconds }
        parts[index].account.add(note)
        noted(note, index)
    }

    /// - Parameter reason: for people.
    func nodeLost(_ index: Int, because reason: String) {
        parts[index].keepClock()
        // While others start, only a node that records already may come back: the start waits for a reply of the rest.
        if flow.isLive(index), flow.phase != .starting || flow.isRecording(index) {
            note(.lost, reason, index)
            parts[index].lostAt = now
        } else {
            perform(flow.giveUp(index, reason))
        }
    }

    /// A node of which something is still expected has connected again.
    ///
    /// - Parameters:
    ///   - incarnation: what its agent calls itself now.
    ///   - held: what the agent says of the session; nil if it does not have it.
    func nodeReturned(_ index: Int, incarnation: String, held: WireHeldSession?) {
        guard flow.isLive(index) else {
            if parts[index].incarnation != incarnation { parts[index].isReplaced = true }
            return
        }
        if let held, held.takenOver || held.successor && parts[index].incarnation != incarnation {
            // An earlier controller process may have welcomed the successor, and died before it could write that down.
            note(.takenOver, Self.takeover, index)
            parts[index].incarnation = incarnation
            noteMember(index)
            isBack(index)
        } else if parts[index].incarnation != incarnation {
            parts[index].isReplaced = true
            note(.restarted, "the agent was restarted; what it had not sent is gone", index)
            perform(flow.giveUp(index, "the agent was restarted"))
        } else if held == nil {
            note(.gaveUp, "the agent has lost the session", index)
            perform(flow.giveUp(index, "the agent has lost the session"))
        } else {
            note(.returned, "", index)
            isBack(index)
        }
    }

    private static let takeover = "another agent has taken over; the kernel recorded on"

    private func isBack(_ index: Int) {
        parts[index].lostAt = nil
        parts[index].returnedAt = now
        parts[index].lastHeard = now
    }

    /// Everything that has come of a node is as durable as the session asks for.
    func isSettled(_ index: Int) -> Bool {
        // What is behind that would be sent again: nothing more of it becomes durable.
        parts[index].pause != nil || parts[index].durable == parts[index].tracker.last
    }

    /// From where a node goes on.
    func resumePoint(_ index: Int, _ held: WireHeldSession) -> WireResumePoint {
        var point = WireResumePoint()
        point.session = id
        guard flow.isLive(index) else {
            point.unknown = true
            return point
        }
        point.acknowledged = parts[index].durable
        if held.takenOver { point.received = received(of: index) }
        return point
    }

    /// Commands again what was commanded while the node was away. Behind its `Welcome`: nothing may come before that.
    func commandAgain(_ index: Int) {
        if parts[index].pause != nil { parts[index].node.hold(id) }
        guard flow.isLive(index) else { return }
        if flow.phase == .starting, isRecovered { return startAgain(index) }
        // A node that is back before the stop is noted is told with the others: it would stop earlier than the log says.
        guard flow.phase == .stopping, isStopNoted else { return }
        parts[index].node.command(.stop(WireStop()), session: id) { [self] reply in stopped(index, reply) }
    }

    /// Whether the node already sent everything of its part, so that what still arrives is no stray.
    func isFinished(_ index: Int) -> Bool { flow.parts[index] == .finished }
}
