import Logging
import NIOCore
import SessionStore
import SystemPackage
import TraceProtocol

/// Keeps sessions in files, each in a folder of its own, on a thread of its own: a disk may block.
///
/// What gathers while the disk is busy is written with one call, and one fdatasync serves all of it.
final class FileStorage: SessionStorage {
    private let directory: FilePath
    private let loop: any EventLoop
    private let state: NIOLoopBoundBox<State>

    /// The shortest time between two calls of fdatasync. The next call serves what came in between.
    private static let syncInterval = TimeAmount.milliseconds(50)

    private struct State {
        var sessions: [UInt64: FileSession] = [:]
        var readers: [ObjectIdentifier: FileSessionReader] = [:]
        var receiver: StorageReceiver?
        var isFlushScheduled = false
        var isSyncScheduled = false
    }

    /// - Parameters:
    ///   - directory: holds a folder for each session, named by its id.
    ///   - loop: does the work; its thread blocks while the disk does.
    init(directory: FilePath, loop: any EventLoop) {
        self.directory = directory
        self.loop = loop
        state = NIOLoopBoundBox.makeBoxSendingValue(State(), eventLoop: loop)
    }

    func report(to receiver: StorageReceiver) {
        loop.execute { [state] in state.withValue { $0.receiver = receiver } }
    }

    // MARK: Writing

    func open(_ description: WireSessionDescription) -> EventLoopFuture<Void> {
        loop.submit { [state, directory] in
            let session = try FileSession(description, at: directory.appending(description.session.sessionText))
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
            guard needsSync, !state.isSyncScheduled else { return }
            state.isSyncScheduled = true
            loop.scheduleTask(in: Self.syncInterval) { self.synchronize() }
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
        loop.submit { [state] in
            try state.withValue { state in
                guard let open = state.sessions.removeValue(forKey: session) else { return }
                // What will not be written is granted again.
                let rest = open.surrender()
                if !rest.isEmpty { state.receiver?.progress(rest) }
                open.closeLogs()
                if !keep { try open.directory.remove() }
            }
        }
    }

    // MARK: Reading

    func reader(of session: UInt64) -> any SessionStorageReader {
        let reader = Reader(storage: self)
        loop.execute { [state] in
            state.withValue { state in
                guard let open = state.sessions[session] else { return }
                state.readers[ObjectIdentifier(reader)] = FileSessionReader(open.directory)
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
