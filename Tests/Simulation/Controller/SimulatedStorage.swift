import NIOCore
import SessionStore
import TraceProtocol

@testable import ControllerCore

/// A controller's storage on a simulated disk, with a thread of its own, as `FileStorage` is on a real one.
final class SimulatedStorage: SessionStorage, @unchecked Sendable {
    let disk: SimulatedDisk
    let loop: SimulatedLoop
    private var receiver: StorageReceiver?
    var open: [UInt64: OpenSession] = [:]
    private var isFlushScheduled = false
    private var isSyncScheduled = false
    private var isRetryScheduled = false

    private static let syncInterval = TimeAmount.milliseconds(50)
    private static let retryInterval = TimeAmount.seconds(1)

    /// A session that is being written.
    final class OpenSession {
        let files: SimulatedSessionFiles
        let logs: [SimulatedLog]

        init(_ files: SimulatedSessionFiles, _ storage: SimulatedStorage) {
            self.files = files
            logs = files.logs.map { SimulatedLog($0, keep: files.description.keep, storage) }
        }
    }

    init(on disk: SimulatedDisk, _ loop: SimulatedLoop) {
        self.disk = disk
        self.loop = loop
    }

    private var process: SimulatedProcess { loop.process }

    /// Work that takes as long as the disk does.
    func work<T: Sendable>(_ body: @escaping @Sendable () throws -> T) -> EventLoopFuture<T> {
        loop.submit { [self] in
            loop.hold(for: disk.time())
            return try body()
        }
    }

    func report(to receiver: StorageReceiver) { self.receiver = receiver }

    func open(_ description: WireSessionDescription) -> EventLoopFuture<Void> {
        work { [self] in
            guard process.step(), loop.world.now >= disk.brokenUntil else { throw SimulatedLog.failure }
            disk.make(description)
            open[description.session] = disk.sessions[description.session].map { OpenSession($0, self) }
        }
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

    func append(_ record: LogRecord, session id: UInt64, node: Int, sequence: UInt64) {
        loop.execute { [self] in
            guard let session = open[id] else { return }
            session.logs[node].append(record, sequence: sequence)
            if sequence > 0, disk.plan.bug == .acknowledgeBeforeWrite {
                receiver?.progress([progress(id, node, sequence: sequence, bytes: 0)])
            }
            guard !isFlushScheduled else { return }
            isFlushScheduled = true
            loop.execute { [self] in flush() }
        }
    }

    // MARK: Writing

    /// All logs, in an order that is the same in each run.
    private var logs: [(session: UInt64, node: Int, log: SimulatedLog)] {
        open.sorted { $0.key < $1.key }.flatMap { id, session in
            session.logs.enumerated().map { (id, $0, $1) }
        }
    }

    private func flush() {
        isFlushScheduled = false
        write(isSync: false)
        guard !isSyncScheduled, logs.contains(where: { $0.log.isUnsynchronized }) else { return }
        isSyncScheduled = true
        _ = loop.scheduleTask(in: Self.syncInterval) { [self] in
            isSyncScheduled = false
            write(isSync: true)
        }
    }

    private func write(isSync: Bool) {
        var settled: [StorageProgress] = []
        for (id, node, log) in logs {
            switch log.write(isSync: isSync) {
            case .nothing: break
            case .settled(let sequence, let bytes):
                settled.append(progress(id, node, sequence: sequence, bytes: bytes))
            case .failed:
                receiver?.paused(id, node, SimulatedLog.failure)
                settled.append(progress(id, node, sequence: 0, bytes: log.surrender()))
            case .surrendered(let bytes): settled.append(progress(id, node, sequence: 0, bytes: bytes))
            }
        }
        if !settled.isEmpty { receiver?.progress(settled) }
        scheduleRetry()
    }

    private func scheduleRetry() {
        guard !isRetryScheduled, logs.contains(where: { $0.log.isPaused }) else { return }
        isRetryScheduled = true
        _ = loop.scheduleTask(in: Self.retryInterval) { [self] in
            isRetryScheduled = false
            retry()
        }
    }

    private func retry() {
        var settled: [StorageProgress] = []
        for (id, node, log) in logs where log.isPaused {
            guard let (sequence, bytes) = log.retry() else { continue }
            receiver?.resumed(id, node, sequence)
            settled.append(progress(id, node, sequence: sequence, bytes: bytes))
        }
        if !settled.isEmpty { receiver?.progress(settled) }
        scheduleRetry()
    }

    private func progress(_ id: UInt64, _ node: Int, sequence: UInt64, bytes: Int) -> StorageProgress {
        StorageProgress(
            session: id, node: node, name: open[id]?.files.description.nodes[node] ?? "",
            position: Self.position(open[id]?.logs[node].settled ?? 0), sequence: sequence, bytes: bytes)
    }

    static func position(_ bytes: Int) -> LogPosition {
        LogPosition(segment: 1, offset: LogPosition.start.offset + UInt64(bytes))
    }

    func release(_ session: UInt64) {}

    func settle() -> EventLoopFuture<Void> {
        work { [self] in
            write(isSync: false)
            write(isSync: true)
        }
    }

    func finish(_ description: WireSessionDescription) -> EventLoopFuture<Void> {
        work { [self] in
            write(isSync: false)
            write(isSync: true)
            retry()
            guard process.step(), let session = open[description.session] else { return }
            guard loop.world.now >= disk.brokenUntil else { throw SimulatedLog.failure }
            session.files.description = description
            session.files.isFinished = true
            session.files.journal = nil
            if session.logs.contains(where: \.isPaused) { throw SimulatedLog.failure }
        }
    }

    func close(_ session: UInt64, keep: Bool) -> EventLoopFuture<Void> {
        work { [self] in
            guard let closed = open[session], process.step() else { return }
            let rest = closed.logs.indices.map {
                progress(session, $0, sequence: 0, bytes: closed.logs[$0].surrender())
            }.filter { $0.bytes > 0 }
            open[session] = nil
            if !rest.isEmpty { receiver?.progress(rest) }
            if !keep { disk.remove(session) }
        }
    }
}
