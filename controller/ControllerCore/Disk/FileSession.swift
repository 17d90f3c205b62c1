import SessionStore
import SystemPackage
import TraceProtocol

/// A session whose files are being written. Confined to the storage's thread.
final class FileSession {
    var directory: SessionDirectory
    private var logs: [StoredLog]
    private let keep: Bool
    /// Small logs wait in memory while nodes prepare and start: a file system needs long to make files for a thousand
    /// nodes, and nothing may compete with the start for the processor.
    private var isHeld = true
    /// The logs that the next flush has to write: few of a thousand have something at a time.
    private var due: [Int] = []

    /// A log with more bytes than this is written even while small ones wait.
    private static let mostHeld = 64 << 10

    /// For the next controller process.
    private var journal: SessionJournal?

    init(_ directory: SessionDirectory) throws(StoreError) {
        self.directory = directory
        keep = directory.description.keep
        logs = []
        for node in directory.description.nodes {
            logs.append(StoredLog(NodeLogWriter(try directory.log(of: node), isDurable: keep), keep: keep))
        }
        journal = try SessionJournal(in: directory.folder)
    }

    /// Goes on with a session of an earlier process.
    ///
    /// - Parameters:
    ///   - scans: of its logs, by node.
    ///   - found: its journal, if it has one.
    init(
        resuming directory: SessionDirectory, _ scans: [NodeLogScan], _ found: SessionJournal.Found?
    ) throws(StoreError) {
        self.directory = directory
        keep = directory.description.keep
        logs = []
        for (node, scan) in zip(directory.description.nodes, scans) {
            var writer = try NodeLogWriter(resuming: try directory.log(of: node), scan, isDurable: keep)
            // What is there is acknowledged as soon as its node is back. A disk that fails now is found by the next write.
            if keep { try? writer.synchronize() }
            logs.append(StoredLog(writer, keep: keep))
        }
        if let found { journal = try SessionJournal(resuming: directory.folder, found) }
    }

    /// Adds to the journal.
    func note(_ entries: [WireJournalEntry]) throws(StoreError) {
        try journal?.append(entries)
    }

    /// Stores the final description. No process goes on with the session any more.
    func describe(_ description: WireSessionDescription) throws(StoreError) {
        try directory.update(description)
        journal = nil
        try SessionJournal.remove(from: directory.folder)
    }

    /// From now on everything is written as it comes.
    func release() {
        isHeld = false
        for node in logs.indices { becomeDue(node) }
    }

    var needsSync: Bool { keep && logs.contains { $0.isWritten } }
    var isPaused: Bool { logs.contains { $0.pause != nil && !$0.isEnded } }

    private func becomeDue(_ node: Int) {
        let log = logs[node]
        let isIdle = log.isEnded || log.pause != nil
        guard !log.isDue, isIdle ? log.bytes > 0 : log.pendingBytes > (isHeld ? Self.mostHeld : 0) else { return }
        log.isDue = true
        due.append(node)
    }

    func append(_ record: LogRecord, node: Int, sequence: UInt64) {
        guard logs.indices.contains(node) else { return }
        logs[node].append(record, sequence: sequence)
        becomeDue(node)
    }

    /// Bytes of each log that still grows; 0 for the others.
    var growingLogs: [Int] { logs.map(\.growingBytes) }

    /// By node, up to where readers may read.
    var positions: [LogPosition] { logs.map(\.position) }

    /// Nothing more is appended to a log.
    func end(log node: Int) {
        logs[node].end()
        becomeDue(node)
    }

    /// Writes what has gathered.
    ///
    /// - Parameter paused: told of each log that cannot be written.
    /// - Returns: what became readable and may be acknowledged. Of a session that is kept that is nothing before
    ///   `synchronize`: a log never becomes shorter for a reader.
    func flush(_ paused: (UInt64, Int, any Error) -> Void) -> [StorageProgress] {
        let nodes = due
        due.removeAll(keepingCapacity: true)
        for node in nodes { logs[node].isDue = false }
        return write(nodes, isSync: false, paused)
            + surrender(nodes.filter { logs[$0].isEnded || logs[$0].pause != nil })
    }

    func synchronize(_ paused: (UInt64, Int, any Error) -> Void) -> [StorageProgress] {
        guard keep else { return [] }
        return write(logs.indices.filter { logs[$0].isWritten }, isSync: true, paused)
    }

    private func write(
        _ nodes: [Int], isSync: Bool, _ paused: (UInt64, Int, any Error) -> Void
    ) -> [StorageProgress] {
        nodes.compactMap { node in
            do throws(StoreError) {
                guard let (sequence, bytes) = try logs[node].write(isSync: isSync) else { return nil }
                return progress(node, sequence: sequence, bytes: bytes)
            } catch {
                paused(directory.description.session, node, error)
                return progress(node, sequence: 0, bytes: logs[node].surrender())
            }
        }
    }

    /// Bytes of frames that will not be stored, to be granted again.
    func surrender() -> [StorageProgress] {
        surrender(Array(logs.indices))
    }

    private func surrender(_ nodes: [Int]) -> [StorageProgress] {
        nodes.compactMap { node in
            let bytes = logs[node].surrender()
            return bytes > 0 ? progress(node, sequence: 0, bytes: bytes) : nil
        }
    }

    private func progress(_ node: Int, sequence: UInt64, bytes: Int) -> StorageProgress {
        StorageProgress(
            session: directory.description.session, node: node, name: directory.description.nodes[node],
            position: logs[node].position, sequence: sequence, bytes: bytes)
    }

    // MARK: A disk that cannot be written

    /// Writes nothing for the time being.
    func pause(_ error: any Error, _ paused: (UInt64, Int, any Error) -> Void) -> [StorageProgress] {
        logs.indices.compactMap { node in
            guard logs[node].pause == nil, !logs[node].isEnded else { return nil }
            logs[node].hold(error)
            paused(directory.description.session, node, error)
            return progress(node, sequence: 0, bytes: logs[node].surrender())
        }
    }

    /// Tries whether the logs that are paused can be written again.
    ///
    /// - Parameter resumed: told of each that can, with the number of the last frame that it has.
    func retry(_ resumed: (UInt64, Int, UInt64) -> Void) -> [StorageProgress] {
        logs.indices.compactMap { node in
            guard let sequence = logs[node].retry() else { return nil }
            resumed(directory.description.session, node, sequence)
            return progress(node, sequence: sequence, bytes: logs[node].surrender())
        }
    }

    /// Closes the logs: nothing more comes.
    ///
    /// - Returns: why a log has no proper end; the others have theirs.
    func finish() -> (any Error)? {
        var first: (any Error)?
        for log in logs {
            do { try log.finish() } catch { first = first ?? error }
        }
        return first
    }

    func closeLogs() {
        logs.removeAll()
    }
}
