import NIOCore
import NIOEmbedded
import SessionStore
import TraceProtocol

@testable import ControllerCore

/// Sessions in memory, on the loop of an `EmbeddedController`. Confined to the test's thread.
final class MemoryStorage: SessionStorage, @unchecked Sendable {
    private let loop: EmbeddedEventLoop
    private var receiver: StorageReceiver?
    private var sessions: [UInt64: Stored] = [:]
    /// What `open` fails with.
    var openFailure: StoreError?
    /// While set, what is appended does not become durable.
    var isBusy = false {
        didSet { if !isBusy { for session in sessions.keys { flush(session) } } }
    }
    /// While false, no final description is stored: the process is killed before that.
    var isFinishing = true
    /// Descriptions of sessions that were finished and are closed by now, whether or not they were to be kept.
    private(set) var closed: [WireSessionDescription] = []
    /// Sessions that were kept, and those of earlier times.
    private var kept: [UInt64: Stored] = [:]
    /// Sessions that were removed.
    private(set) var removed: [UInt64] = []

    private struct Stored {
        var description: WireSessionDescription
        var logs: [Log]
        var journal: [WireJournalEntry] = []
    }

    private struct Log {
        var bytes = ByteBuffer()
        /// Where each record ends.
        var ends: [Int] = []
        var sequence: UInt64 = 0
        /// Bytes of numbered frames since the last flush.
        var unflushed = 0
        var isChanged = false
        var isPaused = false
        /// What was flushed last: how many records, and the number of the last frame.
        var settled: (records: Int, sequence: UInt64) = (0, 0)

        /// Back to what was flushed last.
        mutating func rewind() {
            ends = Array(ends.prefix(settled.records))
            bytes.moveWriterIndex(to: ends.last ?? 0)
            sequence = settled.sequence
            isChanged = false
        }

        /// What a scan of it finds.
        var recovered: RecoveredLog {
            var recovered = RecoveredLog()
            var scanner = LogScanner()
            scanner.feed(bytes)
            while case .record(let record) = scanner.next() {
                recovered.add(record)
                if record.frame.type.isNumbered {
                    var body = record.frame.body
                    recovered.sequence = (try? StreamNumber(reading: &body, of: record.frame.type).sequence) ?? 0
                }
                guard record.frame.type == .batch, let batch = try? Batch(record.frame).header else { continue }
                recovered.events[batch.cpu, default: 0] += UInt64(batch.events)
            }
            recovered.position = MemoryStorage.position(bytes.writerIndex)
            return recovered
        }

        /// As it is after the process was killed.
        mutating func crash() {
            rewind()
            unflushed = 0
        }

        mutating func append(_ record: LogRecord, sequence: UInt64) {
            record.write(into: &bytes)
            ends.append(bytes.writerIndex)
            isChanged = true
            guard sequence > 0 else { return }
            self.sequence = sequence
            unflushed += record.frame.body.readableBytes
        }
    }

    init(loop: EmbeddedEventLoop) {
        self.loop = loop
    }

    func report(to receiver: StorageReceiver) {
        self.receiver = receiver
    }

    func open(_ description: WireSessionDescription) -> EventLoopFuture<Void> {
        if let openFailure { return loop.makeFailedFuture(openFailure) }
        sessions[description.session] = Stored(
            description: description, logs: description.nodes.map { _ in Log() })
        return loop.makeSucceededFuture(())
    }

    func begin(_ session: UInt64, _ joined: LogRecord, samples: [[ClockSampleFrame]]) {
        for (node, samples) in samples.enumerated() {
            append(joined, session: session, node: node, sequence: 0)
            for sample in samples {
                append(
                    LogRecord(sample.frame(), received: joined.received), session: session, node: node, sequence: 0)
            }
        }
    }

    func append(_ record: LogRecord, session: UInt64, node: Int, sequence: UInt64) {
        if sessions[session]?.logs[node].isPaused == true, record.frame.type != .nodeNote { return }
        sessions[session]?.logs[node].append(record, sequence: sequence)
        loop.execute { self.flush(session) }
    }

    /// A node's log takes too much.
    func end(_ session: UInt64, node: Int, _ excess: DiskQuotaExceeded) {
        receiver?.ended(session, node, excess)
    }

    /// A node's log goes back to what was flushed last, and is not written.
    func pause(_ session: UInt64, node: Int, _ error: any Error) {
        sessions[session]?.logs[node].rewind()
        sessions[session]?.logs[node].isPaused = true
        receiver?.paused(session, node, error)
        loop.run()
    }

    /// It is written again.
    func resume(_ session: UInt64, node: Int) {
        guard let log = sessions[session]?.logs[node] else { return }
        sessions[session]?.logs[node].isPaused = false
        receiver?.resumed(session, node, log.settled.sequence)
        flush(session)
        loop.run()
    }

    private func flush(_ id: UInt64) {
        guard !isBusy, let session = sessions[id] else { return }
        let changed = session.logs.enumerated().filter { $0.element.isChanged && !$0.element.isPaused }
        guard !changed.isEmpty else { return }
        let progress = changed.map { node, log in
            StorageProgress(
                session: id, node: node, name: session.description.nodes[node],
                position: Self.position(log.bytes.writerIndex), sequence: log.sequence, bytes: log.unflushed)
        }
        for (node, log) in changed {
            sessions[id]?.logs[node].unflushed = 0
            sessions[id]?.logs[node].isChanged = false
            sessions[id]?.logs[node].settled = (log.ends.count, log.sequence)
        }
        receiver?.progress(progress)
    }

    func release(_ session: UInt64) {}

    func settle() -> EventLoopFuture<Void> {
        for session in sessions.keys { flush(session) }
        // Behind the report of what was flushed.
        return loop.submit {}
    }

    func finish(_ description: WireSessionDescription) -> EventLoopFuture<Void> {
        flush(description.session)
        guard isFinishing else { return loop.makePromise(of: Void.self).futureResult }
        sessions[description.session]?.description = description
        sessions[description.session]?.journal = []
        // Behind the report of what was flushed.
        return loop.submit {}
    }

    func close(_ session: UInt64, keep: Bool) -> EventLoopFuture<Void> {
        if let stored = sessions.removeValue(forKey: session) {
            closed.append(stored.description)
            if keep { kept[session] = stored }
        }
        return loop.makeSucceededFuture(())
    }

    // MARK: Another process

    /// What this one has written, for the next one: it was killed.
    func killed(loop: EmbeddedEventLoop) -> MemoryStorage {
        let next = MemoryStorage(loop: loop)
        next.kept = kept
        next.sessions = sessions.mapValues { stored in
            var stored = stored
            for node in stored.logs.indices { stored.logs[node].crash() }
            return stored
        }
        return next
    }

    func found(bootID: String) -> EventLoopFuture<FoundSessions> {
        var found = FoundSessions(stored: kept.values.map(\.description))
        for (id, session) in sessions {
            let logs = session.logs.map(\.recovered)
            let hasLogs = logs.contains { $0.position > .start }
            switch SessionRecovery(session.description, journal: session.journal, hasLogs: hasLogs, bootID: bootID) {
            case .goesOn(let flow):
                found.recovered.append(RecoveredSession(description: session.description, flow: flow, logs: logs))
            case .discarded: sessions[id] = nil
            case .interrupted(let reason):
                var ended = sessions.removeValue(forKey: id)
                ended?.description.state = "interrupted: \(reason)"
                kept[id] = ended
                if let ended { found.stored.append(ended.description) }
            }
        }
        return loop.makeSucceededFuture(found)
    }

    func note(_ entries: [WireJournalEntry], of session: UInt64) -> EventLoopFuture<Void> {
        sessions[session]?.journal += entries
        return loop.makeSucceededFuture(())
    }

    func remove(_ session: UInt64) -> EventLoopFuture<Void> {
        kept[session] = nil
        removed.append(session)
        return loop.makeSucceededFuture(())
    }

    func reader(of session: UInt64, behind read: [UInt64]) -> EventLoopFuture<OpenedLogs> {
        guard let stored = log(of: session) else {
            return loop.makeFailedFuture(StoreError.notASession(path: "memory", "it is not there"))
        }
        let reader = Reader(storage: self, session: session)
        for (node, log) in stored.logs.enumerated() {
            let bytes = node < read.count ? Int(read[node]) : 0
            guard bytes == 0 || log.ends.contains(bytes) else {
                return loop.makeFailedFuture(
                    WireRefusal.unreadable(stored.description.nodes[node], read: UInt64(bytes)))
            }
            reader.offsets[node] = bytes
        }
        return loop.makeSucceededFuture(
            OpenedLogs(
                reader: reader, starts: stored.logs.indices.map { Self.position(reader.offsets[$0, default: 0]) },
                ends: stored.logs.map { Self.position($0.bytes.writerIndex) }))
    }

    private func log(of session: UInt64) -> Stored? { sessions[session] ?? kept[session] }

    private static func position(_ bytes: Int) -> LogPosition {
        LogPosition(segment: 1, offset: LogPosition.start.offset + UInt64(bytes))
    }

    private final class Reader: SessionStorageReader, @unchecked Sendable {
        private let storage: MemoryStorage
        private let session: UInt64
        var offsets: [Int: Int] = [:]

        init(storage: MemoryStorage, session: UInt64) {
            self.storage = storage
            self.session = session
        }

        func read(node: Int, upTo end: LogPosition, size: Int) -> EventLoopFuture<StoredPiece> {
            let start = offsets[node, default: 0]
            let limit = Int(end.offset - LogPosition.start.offset)
            guard let log = storage.log(of: session)?.logs[node] else {
                return storage.loop.makeSucceededFuture(.nothing(end))
            }
            let ends = log.ends.filter { $0 > start && $0 <= limit }
            guard let first = ends.first else { return storage.loop.makeSucceededFuture(.nothing(end)) }
            let stop = ends.last { $0 - start <= size } ?? first
            offsets[node] = stop
            let piece = log.bytes.getSlice(at: start, length: stop - start) ?? ByteBuffer()
            return storage.loop.makeSucceededFuture(.records(piece, next: MemoryStorage.position(stop)))
        }

        func close() {}
    }
}
