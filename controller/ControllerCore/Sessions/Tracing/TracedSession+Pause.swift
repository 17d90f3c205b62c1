import Logging
import NIOCore
import SessionStore
import TraceProtocol

/// A disk that is full, fails or is read-only: the node is told to wait, and sends again what was not stored.
extension TracedSession {
    /// A node's log cannot be written at present. What is settled stays readable, and the node goes on recording.
    func paused(_ index: Int, _ error: any Error) {
        guard parts[index].pause == nil, flow.expects(index) else { return }
        let reason = "the controller could not store it: \(error)"
        parts[index].pause = (now, reason)
        logs[index].rewind()
        parts[index].node.hold(id)
        environment.log.warning("a session waits for its disk", metadata: metadata(index, reason: "\(error)"))
        note(.paused, reason, index)
    }

    /// A node's log is written again; it has the frames up to this sequence number.
    func resumed(_ index: Int, after sequence: UInt64) {
        guard let pause = parts[index].pause else { return }
        parts[index].pause = nil
        parts[index].tracker.rewind(to: sequence)
        (parts[index].lastHeard, parts[index].returnedAt) = (now, now)
        parts[index].node.rewind(to: StreamNumber(session: id, sequence: sequence))
        let seconds = pause.since.duration(to: now).wholeMilliseconds / 1000
        environment.log.notice(
            "a session goes on: its disk can be written again",
            metadata: metadata(index, reason: "after \(seconds) s, frame \(sequence + 1)"))
        note(.resumed, "", index)
    }

    /// Operators learn at once what cannot be written. It comes again with the log when that is written; a reader knows it
    /// by its time.
    func tell(_ frame: Frame, _ index: Int) {
        var record = ByteBuffer()
        LogRecord(frame, received: now.nanoseconds).write(into: &record)
        for attachment in attachments { attachment.tell(record, node: index) }
    }

    private func metadata(_ index: Int, reason: String) -> Logger.Metadata {
        ["session": "\(id.sessionText)", "node": "\(parts[index].node.name)", "reason": "\(reason)"]
    }
}
