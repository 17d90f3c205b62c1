import Logging
import NIOCore
import SystemFacts
import TraceProtocol

/// The sessions that this agent has in the kernel, kept on the control thread.
///
/// Methods are called on the agent's event loop; results come back on it.
final class NodeSessions: Sendable {
    private let thread: ControlThread
    private let kernel: any NodeKernel
    private let table: NIOLoopBoundBox<Table>
    private let log: Logger

    private struct Table {
        var sessions: [UInt64: any NodeSession] = [:]
        /// Something of a removed session may still be in the kernel.
        var hasStaleProbes = false

        func session(_ id: UInt64) throws(WireRefusal) -> any NodeSession {
            guard let session = sessions[id] else { throw WireRefusal.noSuchSession() }
            return session
        }

        mutating func remove(_ session: any NodeSession) throws {
            do {
                try session.remove(inBackground: true)
            } catch {
                hasStaleProbes = true
                throw error
            }
        }
    }

    init(_ kernel: any NodeKernel, thread: ControlThread, log: Logger) {
        self.kernel = kernel
        self.thread = thread
        self.log = log
        table = NIOLoopBoundBox.makeBoxSendingValue(Table(), eventLoop: thread.loop)
    }

    // MARK: One session

    func prepare(_ request: WirePrepare, _ delivery: SessionDelivery) -> EventLoopFuture<WirePrepared> {
        change { [kernel] table in
            let session = try kernel.prepare(request, delivery)
            do {
                let prepared = try session.prepared()
                table.sessions[delivery.session] = session
                return prepared
            } catch {
                try? session.remove(inBackground: true)
                throw error
            }
        }
    }

    func start(_ id: UInt64, at moment: MonotonicRawInstant?) -> EventLoopFuture<WireStarted> {
        if let moment, thread.isTooFar(moment) {
            return thread.failed(WireRefusal(.wrongState, "the start lies more than two minutes ahead"))
        }
        return thread.run(near: moment) { [table] in try table.value.session(id).start(at: moment) }
    }

    func stop(_ id: UInt64, at moment: MonotonicRawInstant?) -> EventLoopFuture<WireStopping> {
        // A stop that was requested for much later stops the session all the same.
        let moment = moment.flatMap { thread.isTooFar($0) ? nil : $0 }
        return thread.run(near: moment) { [table] in try table.value.session(id).stop(at: moment) }
    }

    /// Ends a session that is drained: its totals go into its stream, and everything of it is removed from the kernel.
    func finish(_ id: UInt64, reason: String) -> EventLoopFuture<Void> {
        change { table in
            guard let session = table.sessions.removeValue(forKey: id) else { return }
            let finished = Result { try session.finish(reason: reason) }
            try table.remove(session)
            try finished.get()
        }
    }

    /// Removes everything of a session at once.
    func remove(_ id: UInt64) -> EventLoopFuture<Void> {
        change { table in
            if let session = table.sessions.removeValue(forKey: id) { try table.remove(session) }
        }
    }

    // MARK: All sessions

    /// Brings the lists of threads that sessions leave out up to date: threads come and go.
    ///
    /// - Parameter excludedProcesses: the other Fleetrace processes of this machine, if they have changed.
    /// - Returns: fails with the first error, after every session was served.
    func refreshThreads(_ excludedProcesses: [Int32]? = nil) -> EventLoopFuture<Void> {
        change { table in
            var failure: (any Error)?
            for session in table.sessions.values {
                do { try session.refreshThreads(excludedProcesses) } catch { failure = failure ?? error }
            }
            if let failure { throw failure }
        }
    }

    /// The watermarks of all sessions that have one.
    func watermarks() -> EventLoopFuture<[PendingWatermark]> {
        change { table in table.sessions.values.compactMap { $0.watermark() } }
    }

    /// What the sessions that record have recorded so far.
    func states() -> EventLoopFuture<[WireSessionState]> {
        change { table in table.sessions.values.compactMap { $0.state() } }
    }

    /// Removes probes of sessions that no longer exist. A probe that another user of tracefs has enabled cannot be
    /// removed with its session; this is the second attempt.
    ///
    /// - Parameter isExpected: look even though nothing is known to be left.
    func removeStaleProbes(isExpected: Bool = false) -> EventLoopFuture<Void> {
        change { [kernel, log] table in
            guard table.hasStaleProbes || isExpected else { return }
            let removals = try kernel.removeStaleProbes()
            table.hasStaleProbes = removals.contains { $0.failure != nil }
            for removal in removals where removal.failure == nil || isExpected {
                log.notice(
                    "probe of a session that has ended",
                    metadata: [
                        "probe": "\(removal.event)", "outcome": "\(removal.failure.map { "\($0)" } ?? "removed")",
                    ])
            }
        }
    }

    /// Removes everything of all sessions, before the agent ends.
    func shutDown() -> EventLoopFuture<Void> {
        change { [kernel, log] table in
            for (id, session) in table.sessions {
                do {
                    try session.remove(inBackground: false)
                } catch {
                    log.error(
                        "a session could not be removed from the kernel",
                        metadata: ["session": "\(String(id, radix: 16))", "reason": "\(error)"])
                }
            }
            table.sessions.removeAll()
            kernel.shutDown()
        }
    }

    private func change<T: Sendable>(_ work: @escaping @Sendable (inout Table) throws -> T) -> EventLoopFuture<T> {
        thread.run { [table] in try table.withValue { try work(&$0) } }
    }
}

extension WireRefusal {
    static func noSuchSession() -> WireRefusal { WireRefusal(.noSuchSession, "this node has no such session") }
}
