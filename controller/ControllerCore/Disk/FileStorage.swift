import Logging
import NIOCore
import SessionStore
import TraceProtocol

/// Keeps sessions in files, each in a folder of its own, on a thread of its own: a disk may block.
///
/// What gathers while the disk is busy is written with one call, and one fdatasync serves all of it.
final class FileStorage: SessionStorage {
    private let folder: DataFolder
    private let loop: any EventLoop
    private let quota: DiskQuota
    private let budget: Budget.Disk
    private let space: @Sendable () -> DiskSpace?
    private let state: NIOLoopBoundBox<State>

    /// The shortest time between two calls of fdatasync. The next call serves what came in between.
    private static let syncInterval = TimeAmount.milliseconds(50)

    private struct State {
        var sessions: [UInt64: FileSession] = [:]
        var readers: [ObjectIdentifier: FileSessionReader] = [:]
        var receiver: StorageReceiver?
        var isFlushScheduled = false
        var isQuotaCheckScheduled = false
        var isSyncScheduled = false
    }

    /// - Parameters:
    ///   - folder: holds a folder for each session, named by its id.
    ///   - loop: does the work; its thread blocks while the disk does.
    ///   - space: of the file system; tests give their own.
    init(
        in folder: DataFolder, loop: any EventLoop, budget: Budget.Disk = Budget.Disk(),
        space: (@Sendable () -> DiskSpace?)? = nil
    ) {
        self.folder = folder
        self.budget = budget
        quota = DiskQuota(budget)
        self.space = space ?? { DiskSpace(of: folder.path) }
        self.loop = loop
        state = NIOLoopBoundBox.makeBoxSendingValue(State(), eventLoop: loop)
    }

    func report(to receiver: StorageReceiver) {
        loop.execute { [state] in state.withValue { $0.receiver = receiver } }
    }

    // MARK: Writing

    func open(_ description: WireSessionDescription) -> EventLoopFuture<Void> {
        loop.submit { [state, folder, quota, space] in
            if let space = space(), quota.room(space) == 0 {
                throw DiskQuotaExceeded(floor: quota.floor(space), directory: folder.path)
            }
            let session = try FileSession(try folder.create(description))
            state.withValue { $0.sessions[description.session] = session }
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
            var needsSync = false
            var progress: [StorageProgress] = []
            for session in state.sessions.values {
                progress += session.flush { state.receiver?.failed($0, $1, $2) }
                needsSync = needsSync || session.needsSync
            }
            if !progress.isEmpty { state.receiver?.progress(progress) }
            if !progress.isEmpty, !state.isQuotaCheckScheduled {
                state.isQuotaCheckScheduled = true
                loop.scheduleTask(in: TimeAmount(budget.interval)) { self.checkQuota() }
            }
            guard needsSync, !state.isSyncScheduled else { return }
            state.isSyncScheduled = true
            loop.scheduleTask(in: Self.syncInterval) { self.synchronize() }
        }
    }

    /// Ends the log that takes too much of the disk, if one does. Goes on as long as something is written.
    private func checkQuota() {
        state.withValue { state in
            state.isQuotaCheckScheduled = false
            guard let space = space() else { return }
            guard let excess = quota.excess(state.sessions.mapValues(\.growingLogs), space),
                let session = state.sessions[excess.session]
            else { return }
            let held = session.growingLogs[excess.log]
            session.end(log: excess.log)
            state.receiver?.failed(
                excess.session, excess.log,
                DiskQuotaExceeded(
                    held: held, room: quota.room(space), floor: quota.floor(space), directory: folder.path))
        }
    }

    private func synchronize() {
        state.withValue { state in
            state.isSyncScheduled = false
            let progress = state.sessions.values.flatMap { session in
                session.synchronize { state.receiver?.failed($0, $1, $2) }
            }
            if !progress.isEmpty { state.receiver?.progress(progress) }
        }
    }

    func release(_ session: UInt64) {
        loop.execute { [self] in
            state.withValue { $0.sessions[session]?.release() }
            flush()
        }
    }

    func finish(_ description: WireSessionDescription) -> EventLoopFuture<Void> {
        loop.submit { [self] in
            state.withValue { $0.sessions[description.session]?.release() }
            flush()
            synchronize()
            try state.withValue { try $0.sessions[description.session]?.directory.update(description) }
        }
    }

    func close(_ session: UInt64, keep: Bool) -> EventLoopFuture<Void> {
        loop.submit { [state, folder] in
            try state.withValue { state in
                guard let open = state.sessions.removeValue(forKey: session) else { return }
                // What will not be written is granted again.
                let rest = open.surrender()
                if !rest.isEmpty { state.receiver?.progress(rest) }
                open.closeLogs()
                if !keep { try folder.remove(session) }
            }
        }
    }

    /// Settles what an earlier controller left, now and then, as long as the loop runs.
    ///
    /// - Parameter log: where it says what it did.
    func settleLeftovers(log: Logger) {
        loop.execute { [self] in
            let others = LeftoverSessions(in: folder, log: log).settle(except: openSessions)
            guard others > 0 else { return }
            log.notice("left alone what is not this controller's in its folder", metadata: ["entries": "\(others)"])
        }
        loop.scheduleRepeatedTask(initialDelay: Self.leftoverInterval, delay: Self.leftoverInterval) { [self] _ in
            LeftoverSessions(in: folder, log: log).settle(except: openSessions)
        }
    }

    private static let leftoverInterval = TimeAmount.hours(1)

    private var openSessions: Set<UInt64> { state.withValue { Set($0.sessions.keys) } }

    // MARK: Reading

    func reader(of session: UInt64) -> any SessionStorageReader {
        let reader = Reader(storage: self)
        loop.execute { [state] in
            state.withValue { state in
                guard let open = state.sessions[session] else { return }
                // The names of the nodes are those that the session was made with.
                state.readers[ObjectIdentifier(reader)] = try? FileSessionReader(open.directory)
            }
        }
        return reader
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
