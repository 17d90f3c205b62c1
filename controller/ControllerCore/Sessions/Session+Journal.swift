import NIOCore
import TraceProtocol

/// What the next controller process has to know.
extension Session {
    /// What a step is noted before waits for storage no longer than this: a disk that hangs must not keep nodes recording.
    private static let longestNote = Duration.seconds(2)

    /// Notes what has moved the flow.
    func noteEvents() -> EventLoopFuture<Void>? {
        let events = flow.takeEvents()
        guard !events.isEmpty else { return nil }
        return note(
            events.map { event in
                var entry = WireJournalEntry(event)
                if case .stopping = entry.entry { entry.stopping.at = now.nanoseconds }
                return entry
            })
    }

    /// Notes that another process of a node has its part: the next controller must not take it for a stranger.
    func noteMember(_ index: Int) {
        var entry = WireJournalEntry()
        entry.member.node = UInt32(index)
        entry.member.incarnation = parts[index].incarnation
        _ = note([entry])
    }

    /// Does something when a note is written, cannot be written, or takes too long.
    func whenNoted(_ noted: EventLoopFuture<Void>?, _ body: @escaping () -> Void) {
        guard let noted else { return body() }
        var isDone = false
        let once = {
            guard !isDone else { return }
            isDone = true
            body()
        }
        environment.whenComplete(noted) { _ in once() }
        if !isDone { environment.after(Self.longestNote, once) }
    }
}
