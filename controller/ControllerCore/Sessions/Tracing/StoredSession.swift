import SessionStore
import TraceProtocol

/// A session that has ended and was kept, while somebody reads it.
final class StoredSession: ReadableSession {
    let description: WireSessionDescription
    let storage: any SessionStorage
    let environment: SessionEnvironment
    var attachments: [Attachment] = []
    private(set) var problem: String
    /// Nobody reads it any more.
    private let closed: (UInt64) -> Void

    init(
        _ description: WireSessionDescription, storage: any SessionStorage, environment: SessionEnvironment,
        closed: @escaping (UInt64) -> Void
    ) {
        self.description = description
        self.storage = storage
        self.environment = environment
        self.closed = closed
        problem = description.hasEnded ? description.problem : description.state
    }

    var isStored: Bool { true }

    func report(problem text: String) {
        if problem.isEmpty { problem = text }
    }

    func end(of node: Int, opened: LogPosition) -> LogPosition { opened }

    func closeIfUnused() {
        if attachments.isEmpty { closed(id) }
    }
}
