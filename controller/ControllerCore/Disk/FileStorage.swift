import Logging
import NIOCore
import SessionStore
import TraceProtocol

/// Keeps sessions in files, each in a folder of its own, on a thread of its own: a disk may block.
///
/// What gathers while the disk is busy is written with one call, and one fdatasync serves all of it.
final class FileStorage: SessionStorage {
    let folder: DataFolder
    let loop: any EventLoop
    private let budget: Budget.Disk
    private let log: Logger
    let space: @Sendable () -> DiskSpace?
    let state: NIOLoopBoundBox<State>

    /// The shortest time between two calls of fdatasync. The next call serves what came in between.
    private static let syncInterval = TimeAmount.milliseconds(50)

    struct State {
        var sessions: [UInt64: FileSession] = [:]
        var readers: [ObjectIdentifier: FileSessionReader] = [:]
        var receiver: StorageReceiver?
        var quota: DiskQuota
        var isRetryScheduled = false
        var isFlushScheduled = false
        var isQuotaCheckScheduled = false
        var isSyncScheduled = false
    }

    /// - Parameters:
    ///   - folder: holds a folder for each session, named by its id.
    ///   - loop: does the work; its thread blocks while the disk does.
    ///   - space: of the file system; tests give their own.
    ///   - log: where it says what it found in the folder.
    init(
        in folder: DataFolder, loop: any EventLoop, budget: Budget.Disk = Budget.Disk(),
        space: (@Sendable () -> DiskSpace?)? = nil,
        log: Logger = Logger(label: "storage") { _ in SwiftLogNoOpLogHandler() }
    ) {
        self.log = log
        self.folder = folder
        self.budget = budget
        self.space = space ?? { DiskSpace(of: folder.path) }
        self.loop = loop
        state = NIOLoopBoundBox.makeBoxSendingValue(State(quota: DiskQuota(budget)), eventLoop: loop)
    }

    func report(to receiver: StorageReceiver) {
        loop.execute { [state] in state.withValue { $0.receiver = receiver } }
    }

    // MARK: Writing

    func open(_ description: WireSessionDescription) -> EventLoopFuture<Void> {
        loop.submit { [self] in
            if let full = crowding() { throw full }
            let session = try FileSession(try folder.create(description))
            state.withValue {
                $0.sessions[description.session] = session
                $0.quota.measureAgain()
            }
        }
    }

    func append(_ record: LogRecord, session: UInt64, node: Int, sequence: UInt64) {
        write(session) { $0.append(record, node: node, sequence: sequence) }
    }

    func begin(_ session: UInt64, _ joined: LogRecord, samples: [[ClockSampleFrame]]) {
        write(session) { session in
            for (node, samples) in samples.enumerated() {
                session.append(joined, node: node, sequence: 0)
                for sample in samples {
                    session.append(LogRecord(sample.frame(), received: joined.received), node: node, sequence: 0)
                }
            }
        }
    }

    private func write(_ session: UInt64, _ body: @escaping @Sendable (FileSession) -> Void) {
        loop.execute { [self] in
            state.withValue { state in
                guard let session = state.sessions[session] else { return }
                body(session)
                guard !state.isFlushScheduled else { return }
                state.isFlushScheduled = true
                // Behind everything that is queued now.
                loop.execute { self.flush() }
            }
        }
    }

    private func flush() {
        state.withValue { state in
            state.isFlushScheduled = false
            var (needsSync, isPaused) = (false, false)
            var progress: [StorageProgress] = []
            for session in state.sessions.values {
                progress += session.flush {
                    state.receiver?.paused($0, $1, $2)
                    isPaused = true
                }
                needsSync = needsSync || session.needsSync
            }
            if !progress.isEmpty { state.receiver?.progress(progress) }
            if isPaused { scheduleRetry(&state) }
            if needsSync || !progress.isEmpty, !state.isQuotaCheckScheduled {
                state.isQuotaCheckScheduled = true
                loop.scheduleTask(in: TimeAmount(budget.interval)) { self.checkQuota() }
            }
            guard needsSync, !state.isSyncScheduled else { return }
            state.isSyncScheduled = true
            loop.scheduleTask(in: Self.syncInterval) { self.synchronize() }
        }
    }

    private func synchronize() {
        state.withValue { state in
            state.isSyncScheduled = false
            let progress = state.sessions.values.flatMap { session in
                session.synchronize { state.receiver?.paused($0, $1, $2) }
            }
            if !progress.isEmpty { state.receiver?.progress(progress) }
            scheduleRetry(&state)
        }
    }

    func release(_ session: UInt64) {
        loop.execute { [self] in
            state.withValue { $0.sessions[session]?.release() }
            flush()
        }
    }

    func settle() -> EventLoopFuture<Void> {
        loop.submit { [self] in
            for session in state.withValue({ Array($0.sessions.values) }) { session.release() }
            flush()
            synchronize()
        }
    }

    func finish(_ description: WireSessionDescription) -> EventLoopFuture<Void> {
        loop.submit { [self] in
            state.withValue { $0.sessions[description.session]?.release() }
            flush()
            synchronize()
            retry()
            try state.withValue { state in
                guard let session = state.sessions[description.session] else { return }
                let problem = session.finish()
                try session.describe(description)
                if let problem { throw problem }
            }
        }
    }

    func close(_ session: UInt64, keep: Bool) -> EventLoopFuture<Void> {
        loop.submit { [state, folder] in
            try state.withValue { state in
                guard let open = state.sessions.removeValue(forKey: session) else { return }
                // What will not be written is granted again.
                let rest = open.surrender()
                let held = open.growingLogs.reduce(0, +)
                if !rest.isEmpty { state.receiver?.progress(rest) }
                open.closeLogs()
                if keep { state.quota.keeps(held) }
                if !keep { try folder.remove(session) }
            }
        }
    }

    // MARK: Stored sessions

    func found(bootID: String) -> EventLoopFuture<FoundSessions> {
        loop.submit { [self] in
            let found = LeftoverSessions(in: folder, log: log).find(bootID: bootID)
            state.withValue { state in
                for (session, files) in found.resumed { state.sessions[session.description.session] = files }
            }
            return FoundSessions(stored: found.stored, recovered: found.resumed.map(\.0))
        }
    }

    func note(_ entries: [WireJournalEntry], of session: UInt64) -> EventLoopFuture<Void> {
        loop.submit { [state] in try state.withValue { try $0.sessions[session]?.note(entries) } }
    }

    func remove(_ session: UInt64) -> EventLoopFuture<Void> {
        loop.submit { [folder] in try folder.remove(session) }
    }

    // MARK: Reading

    func reader(of session: UInt64, behind read: [UInt64]) -> EventLoopFuture<OpenedLogs> {
        loop.submit { [self] in
            // The names of the nodes are those that the session was made with.
            let open = state.withValue { $0.sessions[session] }
            let directory = if let open { open.directory } else { try folder.directory(of: session) }
            let files = try FileSessionReader(directory, behind: read, written: open?.positions)
            let reader = Reader(storage: self)
            state.withValue { $0.readers[ObjectIdentifier(reader)] = files }
            return OpenedLogs(reader: reader, starts: files.positions, ends: files.ends)
        }
    }

    private final class Reader: SessionStorageReader {
        private let storage: FileStorage

        init(storage: FileStorage) {
            self.storage = storage
        }

        func read(node: Int, upTo end: LogPosition, size: Int) -> EventLoopFuture<StoredPiece> {
            storage.loop.submit { [self] in
                try storage.state.withValue { state in
                    try state.readers[ObjectIdentifier(self)]?.read(node: node, upTo: end, size: size) ?? .nothing(end)
                }
            }
        }

        func close() {
            storage.loop.execute { [self] in
                storage.state.withValue { $0.readers[ObjectIdentifier(self)] = nil }
            }
        }
    }
}
