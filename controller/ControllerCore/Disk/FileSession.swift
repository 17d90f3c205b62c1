import SessionStore
import SystemPackage
import TraceProtocol

/// A session whose files are being written. Confined to the storage's thread.
final class FileSession {
    var directory: SessionDirectory
    private var logs: [NodeLog]
    private let keep: Bool
    /// Small logs wait in memory while nodes prepare and start: a file system needs long to make files for a thousand
    /// nodes, and nothing may compete with the start for the processor.
    private var isHeld = true
    /// The logs that the next flush has to write: few of a thousand have something at a time.
    private var due: [Int] = []

    /// A log with more bytes than this is written even while small ones wait.
    private static let mostHeld = 64 << 10

    /// One node's log and what of it has not been reported yet.
    private final class NodeLog {
        var writer: NodeLogWriter
        var isFailed = false
        var sequence: UInt64 = 0
        var bytes = 0
        /// Something of it is written and not yet synchronized.
        var isWritten = false
        /// It is in `due`.
        var isDue = false

        init(_ writer: consuming NodeLogWriter) {
            self.writer = consume writer
        }
    }

    init(_ directory: SessionDirectory) throws(StoreError) {
        self.directory = directory
        keep = directory.description.keep
        logs = []
        for node in directory.description.nodes {
            logs.append(NodeLog(NodeLogWriter(try directory.log(of: node))))
        }
    }

    /// From now on everything is written as it comes.
    func release() {
        isHeld = false
        for node in logs.indices { becomeDue(node) }
    }

    var needsSync: Bool { keep && logs.contains { $0.isWritten } }

    private func becomeDue(_ node: Int) {
        let log = logs[node]
        guard !log.isDue, log.isFailed ? log.bytes > 0 : log.writer.pendingBytes > (isHeld ? Self.mostHeld : 0) else {
            return
        }
        log.isDue = true
        due.append(node)
    }

    func append(_ record: LogRecord, node: Int, sequence: UInt64) {
        guard logs.indices.contains(node) else { return }
        // Frames for a log that cannot be written are dropped, but their bytes have been spent.
        if sequence > 0 { logs[node].bytes += record.frame.body.readableBytes }
        defer { becomeDue(node) }
        guard !logs[node].isFailed else { return }
        logs[node].writer.append(record)
        if sequence > 0 { logs[node].sequence = sequence }
    }

    /// Bytes of each log that still grows; 0 for the others.
    var growingLogs: [Int] {
        logs.map { $0.isFailed ? 0 : $0.writer.writtenBytes }
    }

    /// Nothing more is appended to a log.
    func end(log node: Int) {
        logs[node].isFailed = true
        becomeDue(node)
    }

    /// Writes what has gathered. For a session that is not kept that counts as durable: it does not outlive the
    /// controller.
    func flush(_ failed: (UInt64, Int, StoreError) -> Void) -> [StorageProgress] {
        let nodes = due
        due.removeAll(keepingCapacity: true)
        for node in nodes { logs[node].isDue = false }
        let progress = step(nodes, failed) { writer throws(StoreError) in try writer.flush() }
        return progress + surrender(nodes.filter { logs[$0].isFailed })
    }

    /// Bytes of frames that will never be durable, to be granted again.
    func surrender() -> [StorageProgress] {
        surrender(Array(logs.indices))
    }

    private func surrender(_ nodes: [Int]) -> [StorageProgress] {
        nodes.compactMap { node in
            let log = logs[node]
            guard log.bytes > 0 else { return nil }
            defer { log.bytes = 0 }
            return StorageProgress(
                session: directory.description.session, node: node, name: directory.description.nodes[node],
                position: log.writer.position, sequence: 0, bytes: log.bytes)
        }
    }

    func synchronize(_ failed: (UInt64, Int, StoreError) -> Void) -> [StorageProgress] {
        guard keep else { return [] }
        return step(logs.indices.filter { logs[$0].isWritten }, failed, isSync: true) { writer throws(StoreError) in
            // What was appended since the last flush is acknowledged with the rest, so it has to be written.
            try writer.flush()
            try writer.synchronize()
        }
    }

    private func step(
        _ nodes: [Int], _ failed: (UInt64, Int, StoreError) -> Void, isSync: Bool = false,
        _ work: (inout NodeLogWriter) throws(StoreError) -> Void
    ) -> [StorageProgress] {
        var progress: [StorageProgress] = []
        let session = directory.description.session
        for node in nodes where !logs[node].isFailed {
            let log = logs[node]
            do throws(StoreError) {
                try work(&log.writer)
                log.isWritten = !isSync
                let isDurable = isSync || !keep
                progress.append(
                    StorageProgress(
                        session: session, node: node, name: directory.description.nodes[node],
                        position: log.writer.position,
                        sequence: isDurable ? log.sequence : 0, bytes: isDurable ? log.bytes : 0))
                if isDurable { log.bytes = 0 }
            } catch {
                // What was written before stays readable. Nothing more is appended for this node.
                log.isFailed = true
                failed(session, node, error)
            }
        }
        return progress
    }

    func closeLogs() {
        logs.removeAll()
    }
}
