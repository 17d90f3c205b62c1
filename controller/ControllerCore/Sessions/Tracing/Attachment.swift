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
    private let session: any ReadableSession
    /// Nil until storage has opened the logs.
    private var reader: (any SessionStorageReader)?
    /// By node, where the next read begins.
    private var next: [LogPosition] = []
    /// By node, where its log ended when it was opened.
    private var opened: [LogPosition] = []
    /// The node whose turn it is.
    private var turn = 0
    private var isReading = false
    private var isEnded = false
    /// When the connection last accepted something.
    private var lastSent: MonotonicRawInstant

    init(_ link: any SessionOperator, to session: any ReadableSession) {
        self.link = link
        self.session = session
        lastSent = session.environment.time.now()
    }

    /// Opens the logs, and begins to read them.
    ///
    /// - Parameters:
    ///   - read: bytes of log records, by node, that the operator has.
    ///   - opened: called once, before anything is sent; with a refusal nothing will be. Without it a failure ends the stream.
    func open(behind read: [UInt64], _ opened: ((Result<Void, WireRefusal>) -> Void)?) {
        session.environment.whenComplete(session.storage.reader(of: session.id, behind: read)) { [self] result in
            switch result.flatMap({ logs in Result { try begin(logs) } }) {
            case _ where isEnded: if case .success(let logs) = result { logs.reader.close() }
            case .success:
                opened?(.success(()))
                pump()
            case .failure(let error): fail(error, opened)
            }
        }
    }

    private func fail(_ error: any Error, _ opened: ((Result<Void, WireRefusal>) -> Void)?) {
        let refusal = error as? WireRefusal ?? WireRefusal(.io, "its logs cannot be read: \(error)")
        guard let opened else {
            session.report(problem: refusal.text)
            return end()
        }
        opened(.failure(refusal))
        detach()
    }

    private func begin(_ logs: OpenedLogs) throws {
        guard !isEnded else { return }
        for (node, start) in logs.starts.enumerated() where start > session.end(of: node, opened: logs.ends[node]) {
            logs.reader.close()
            throw WireRefusal(
                .wrongState, "node \(node) of the session: what was read is not stored (read it from its start)")
        }
        reader = logs.reader
        next = logs.starts
        opened = logs.ends
    }

    /// Reads and sends the next piece if the connection accepts it, and goes on until it does not or nothing is left.
    func pump() {
        guard let reader, !isReading, !isEnded, link.isWritable else { return }
        guard let node = nodeToRead() else {
            if session.isStored { end() }
            return
        }
        isReading = true
        let limit = session.end(of: node, opened: opened[node])
        let read = reader.read(node: node, upTo: limit, size: Self.readSize)
        session.environment.whenComplete(read) { [self] result in
            isReading = false
            switch result {
            case .success(.records(let records, let position)):
                next[node] = position
                lastSent = session.environment.time.now()
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

    /// Sends a record of a node ahead of what is stored.
    func tell(_ record: ByteBuffer, node: Int) {
        guard !isEnded else { return }
        link.send(LogChunk(session: session.id, node: UInt32(node), records: record, isAhead: true).frame())
    }

    /// The next node that has something to read, in turn.
    private func nodeToRead() -> Int? {
        for step in 0..<next.count {
            let node = (turn + step) % next.count
            if next[node] < session.end(of: node, opened: opened[node]) {
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
        reader?.close()
        link.remove(self)
        session.attachments.removeAll { $0 === self }
        session.closeIfUnused()
    }
}
