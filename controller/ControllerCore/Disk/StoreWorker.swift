import Logging
import NIOCore
import SessionStore
import SystemPackage
import TraceProtocol

/// Writes session logs and reads them for attached operators, on a thread of its own: a disk may block.
///
/// Orders come from the controller's loop and are carried out in their order; reports go back to it.
/// What gathers while the disk is busy is written with one call, and one fdatasync serves all of it.
final class StoreWorker: Sendable {
    /// What became visible or durable.
    struct Progress: Sendable {
        var session: UInt64
        var node: Int
        /// The node's name.
        var name: String
        /// Readers may read up to here.
        var position: LogPosition
        /// Numbered frames up to here may be acknowledged; 0 for none.
        var sequence: UInt64
        /// Bytes of numbered frames among them, to be granted again.
        var bytes: Int
    }

    private let loop: any EventLoop
    private let state: NIOLoopBoundBox<State>

    /// Who hears of what was written. Called on the store's thread.
    struct Receiver: Sendable {
        var progress: @Sendable ([Progress]) -> Void
        var failed: @Sendable (_ session: UInt64, _ node: Int, StoreError) -> Void
    }

    /// Between two fdatasync calls at least, ms: what comes meanwhile is served by the next.
    private static let syncInterval: Int64 = 50

    private struct State {
        var sessions: [UInt64: OpenSession] = [:]
        var tails: [UInt64: TailSet] = [:]
        var receiver: Receiver?
        var isFlushScheduled = false
        var isSyncScheduled = false
    }

    init(loop: any EventLoop) {
        self.loop = loop
        state = NIOLoopBoundBox.makeBoxSendingValue(State(), eventLoop: loop)
    }

    func report(to receiver: Receiver) {
        loop.execute { [state] in state.withValue { $0.receiver = receiver } }
    }

    // MARK: Writing

    func open(_ description: WireSessionDescription, at directory: FilePath) -> EventLoopFuture<Void> {
        loop.submit { [state] in
            let session = try OpenSession(description, at: directory)
            state.withValue { $0.sessions[description.session] = session }
        }
    }

    /// - Parameter sequence: the frame's number; 0 for one without.
    func append(_ record: LogRecord, session: UInt64, node: Int, sequence: UInt64) {
        write(session) { $0.append(record, node: node, sequence: sequence) }
    }

    /// What is known of the nodes when the session begins.
    ///
    /// - Parameters:
    ///   - joined: for all of them.
    ///   - samples: by node.
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

    private func write(_ session: UInt64, _ body: @escaping @Sendable (OpenSession) -> Void) {
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
            var progress: [Progress] = []
            for session in state.sessions.values {
                progress += session.flush { state.receiver?.failed($0, $1, $2) }
                needsSync = needsSync || session.needsSync
            }
            if !progress.isEmpty { state.receiver?.progress(progress) }
            guard needsSync, !state.isSyncScheduled else { return }
            state.isSyncScheduled = true
            loop.scheduleTask(in: .milliseconds(Self.syncInterval)) { self.synchronize() }
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

    /// The session has started or is being stopped: what its logs begin with may be written.
    func release(_ session: UInt64) {
        loop.execute { [self] in
            state.withValue { $0.sessions[session]?.release() }
            flush()
        }
    }

    /// Writes the final manifest. The session stays readable for those attached until `close`.
    func finish(_ description: WireSessionDescription) -> EventLoopFuture<Void> {
        loop.submit { [self] in
            state.withValue { $0.sessions[description.session]?.release() }
            flush()
            synchronize()
            try state.withValue { try $0.sessions[description.session]?.directory.update(description) }
        }
    }

    /// Forgets the session, and removes it from disk unless it is to be kept.
    func close(_ session: UInt64, keep: Bool) -> EventLoopFuture<Void> {
        loop.submit { [state] in
            try state.withValue { state in
                guard let open = state.sessions.removeValue(forKey: session) else { return }
                // What nobody will write any more is paid back.
                let rest = open.surrender()
                if !rest.isEmpty { state.receiver?.progress(rest) }
                open.closeLogs()
                if !keep { try open.directory.remove() }
            }
        }
    }

    // MARK: Reading

    /// Starts reading all logs of a session for one attachment.
    func openTails(_ attachment: UInt64, session: UInt64) -> EventLoopFuture<Void> {
        loop.submit { [state] in
            state.withValue { state in
                guard let open = state.sessions[session] else { return }
                state.tails[attachment] = TailSet(open.directory)
            }
        }
    }

    func read(_ attachment: UInt64, node: Int, upTo end: LogPosition, size: Int) -> EventLoopFuture<TailSet.Piece> {
        loop.submit { [state] in
            try state.withValue { try $0.tails[attachment]?.read(node: node, upTo: end, size: size) ?? .nothing(end) }
        }
    }

    func closeTails(_ attachment: UInt64) {
        loop.execute { [state] in state.withValue { $0.tails[attachment] = nil } }
    }
}
