import NIOCore
import SessionStore
import SystemFacts
import TraceProtocol

/// One operator reading one session's logs, at the operator's own pace. Confined to the controller's loop.
///
/// A slow operator is held back here: nothing is read while the connection has enough waiting, so that operator falls
/// behind in storage, not in memory, and delays nobody.
final class Attachment: OperatorStream {
    /// Bytes of one read, and so of one frame.
    private static let readSize = 256 << 10

    private let link: any SessionOperator
    private let session: TracedSession
    private let reader: any SessionStorageReader
    /// By node, where the next read begins.
    private var next: [LogPosition]
    /// The node whose turn it is.
    private var turn = 0
    private var isReading = false
    private var isEnded = false
    /// When the connection last accepted something.
    private var lastSent: MonotonicRawInstant

    init(_ link: any SessionOperator, to session: TracedSession) {
        self.link = link
        self.session = session
        reader = session.storage.reader(of: session.id)
        lastSent = session.now
        next = Array(repeating: .start, count: session.logs.count)
    }

    /// Reads and sends the next piece if the connection accepts it, and goes on until it does not or nothing is left.
    func pump() {
        guard !isReading, !isEnded, link.isWritable else { return }
        guard let node = nodeToRead() else {
            if session.isStored { end() }
            return
        }
        isReading = true
        let limit = session.logs[node].position
        let read = reader.read(node: node, upTo: limit, size: Self.readSize)
        session.environment.whenComplete(read) { [self] result in
            isReading = false
            switch result {
            case .success(.records(let records, let position)):
                next[node] = position
                lastSent = session.now
                link.send(LogChunk(session: session.id, node: UInt32(node), records: records).frame())
            case .success(.nothing(let position)):
                next[node] = max(position, limit)
            case .failure(let error):
                session.report(problem: "\(error)")
                return end()
            }
            pump()
        }
    }

    /// The next node that has something to read, in turn.
    private func nodeToRead() -> Int? {
        for step in 0..<next.count {
            let node = (turn + step) % next.count
            if next[node] < session.logs[node].position {
                turn = node + 1
                return node
            }
        }
        return nil
    }

    /// Tells the operator that nothing more comes.
    func end() {
        var end = WireStreamEnd()
        end.session = session.id
        end.problem = session.problem
        if let frame = try? Frame(.streamEnd, end) { link.send(frame) }
        detach()
    }

    /// Gives up a reader of an ended session who accepts nothing for too long: nobody else wants its files.
    ///
    /// - Parameter end: when the session had ended.
    func checkProgress(since end: MonotonicRawInstant, now: MonotonicRawInstant) {
        let limit = session.environment.budget.idleReader
        guard !isEnded, max(lastSent, end).duration(to: now) > limit else { return }
        session.report(problem: "nothing was read of the ended session for \(limit.components.seconds / 60) min")
        self.end()
    }

    func operatorLeft() {
        detach()
    }

    private func detach() {
        guard !isEnded else { return }
        isEnded = true
        reader.close()
        link.remove(self)
        session.attachments.removeAll { $0 === self }
        session.closeIfUnused()
    }
}

extension TracedSession {
    func attach(_ link: any SessionOperator) {
        let attachment = Attachment(link, to: self)
        attachments.append(attachment)
        link.add(attachment)
        attachment.pump()
    }
}
