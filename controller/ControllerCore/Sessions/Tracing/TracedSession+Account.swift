import SystemFacts
import TraceProtocol

/// What the numbers of a session's nodes say.
extension TracedSession {
    /// Totals of every CPU, and a few texts.
    static let mostFinishParts = Watermark.maximumCPUs + 16

    /// A node's last frame has come. It is stored like any other, and it counts when it is stored.
    func finish(_ frame: Frame, sequence: UInt64, _ index: Int, at now: MonotonicRawInstant) {
        var body = frame.body
        body.moveReaderIndex(forwardBy: StreamNumber.length)
        // A reader finds one that is malformed, too, and says so.
        guard let finish: WireFinish = try? Frame(.finish, body).message(parts: Self.mostFinishParts) else { return }
        logs[index].add(finish, sequence: sequence, at: now)
    }

    /// The same as a reader of the logs finds, as long as all pages can be read: what arrived is what batches state.
    func storedAccount() -> SessionAccount {
        var account = SessionAccount(
            nodes: parts.indices.map { index in
                SessionAccount.Node(
                    name: parts[index].node.name, parts[index].account,
                    arrived: logs[index].events.mapValues { SessionAccount.Node.Arrived(events: $0) },
                    watched: logs[index].watched.lazy.map(\.cpu),
                    map: { [self] time in logs[index].hasClock ? parts[index].onTimeline(time) : nil })
            })
        if !problem.isEmpty { account.faults.append(problem) }
        return account
    }
}
