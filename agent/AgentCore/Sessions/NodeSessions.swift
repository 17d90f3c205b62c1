import Logging
import NIOCore
import SystemFacts
import TraceProtocol

/// The sessions that this agent has in the kernel.
///
/// Making and removing one takes a tenth of a second and more, in which the kernel mostly waits: that is done on
/// several threads at once. In between a session is kept on the control thread. Methods are called on the agent's event
/// loop; results come back on it.
final class NodeSessions: Sendable {
    /// How many sessions are made or removed at a time. More do not help: the kernel does parts of it one by one.
    static let makerCount = 4

    let thread: ControlThread
    let makers: Makers
    let kernel: any NodeKernel
    /// What a successor of this agent has to know; nil for an agent without one.
    let journal: StateJournal?
    private let table: NIOLoopBoundBox<Table>
    let log: Logger

    struct Table {
        var sessions: [UInt64: Handover] = [:]
        /// Something of a removed session may still be in the kernel.
        var hasStaleProbes = false
        /// The other Fleetrace processes of this machine.
        var excludedProcesses: [Int32] = []
        var refresh = ThreadRefresh()
        var watermarkTurn = WatermarkTurn()

        func session(_ id: UInt64) throws(WireRefusal) -> any NodeSession {
            guard let kept = sessions[id] else { throw WireRefusal.noSuchSession() }
            return kept.session
        }

        /// Takes a session out, to be removed on another thread.
        mutating func take(_ id: UInt64) -> Handover? {
            let taken = sessions.removeValue(forKey: id)
            taken?.session.detach()
            return taken
        }
    }

    /// - Parameters:
    ///   - thread: where sessions are kept.
    ///   - makers: where they are made and removed; at least one.
    init(
        _ kernel: any NodeKernel, thread: ControlThread, makers: [ControlThread], journal: StateJournal? = nil,
        log: Logger
    ) {
        self.kernel = kernel
        self.journal = journal
        self.thread = thread
        self.makers = Makers(makers)
        self.log = log
        table = NIOLoopBoundBox.makeBoxSendingValue(Table(), eventLoop: thread.loop)
    }

    // MARK: One session

    func prepare(_ request: WirePrepare, _ delivery: SessionDelivery) -> EventLoopFuture<WirePrepared> {
        keepExcluded(request.excludedProcesses.map { Int32(bitPattern: $0) })
        let isShared = request.changesSharedState
        return makers.run(isShared: isShared) { [kernel, journal] in
            let session = try kernel.prepare(request, delivery)
            do {
                let prepared = try session.prepared()
                if let inheritable = session.inheritable {
                    journal?.write(.prepared(inheritable), session: delivery.session)
                }
                return (Handover(session: session, isShared: isShared), prepared)
            } catch {
                try? session.remove(inBackground: true)
                throw error
            }
        }.flatMap { [self] made, prepared in
            change { table in
                table.sessions[delivery.session] = made
                return prepared
            }
        }
    }

    func start(_ id: UInt64, at moment: MonotonicRawInstant?) -> EventLoopFuture<WireStarted> {
        if let moment, thread.isTooFar(moment) {
            return thread.failed(WireRefusal(.wrongState, "the start lies more than two minutes ahead"))
        }
        return thread.run(near: moment) { [table, journal] in
            let started = try table.value.session(id).start(at: moment)
            journal?.write(.started(started), session: id)
            return started
        }
    }

    /// - Parameter reason: as in `finish`.
    func stop(_ id: UInt64, at moment: MonotonicRawInstant?, reason: String) -> EventLoopFuture<WireStopping> {
        // A stop that was requested for much later stops the session all the same.
        let moment = moment.flatMap { thread.isTooFar($0) ? nil : $0 }
        return thread.run(near: moment) { [table, journal, thread] in
            let session = try table.value.session(id)
            let halt = WireRecordingHalt.with {
                $0.at = max(moment ?? thread.now(), thread.now()).nanoseconds
                $0.reason = reason
            }
            journal?.write(.stopping(halt), session: id)
            return try session.stop(at: moment)
        }
    }

    /// Ends a session that is drained: its totals go into its stream, and everything of it is removed from the kernel.
    func finish(_ id: UInt64, reason: String) -> EventLoopFuture<Void> {
        change { [journal] table -> (Handover?, (any Error)?) in
            var failure: (any Error)?
            do {
                try table.sessions[id]?.session.finish(reason: reason) { journal?.write(.finished($0), session: id) }
            } catch {
                failure = error
            }
            return (table.take(id), failure)
        }.flatMap { [self] taken, failure in
            remove(taken).flatMapThrowing { if let failure { throw failure } }
        }
    }

    /// Removes everything of a session at once.
    func remove(_ id: UInt64) -> EventLoopFuture<Void> {
        journal?.write(.over(WireSessionOver()), session: id)
        return change { $0.take(id) }.flatMap { [self] in remove($0) }
    }

    func remove(_ taken: Handover?, inBackground: Bool = true) -> EventLoopFuture<Void> {
        guard let taken else { return thread.succeeded() }
        return makers.run(isShared: taken.isShared) {
            try taken.session.remove(inBackground: inBackground)
        }.flatMapError { [self] error in
            change { $0.hasStaleProbes = true }.flatMapThrowing { throw error }
        }
    }

    /// Works with the sessions, on the control thread.
    func change<T: Sendable>(_ work: @escaping @Sendable (inout Table) throws -> T) -> EventLoopFuture<T> {
        thread.run { [table] in try table.withValue { try work(&$0) } }
    }
}

extension WireRefusal {
    static func noSuchSession() -> WireRefusal { WireRefusal(.noSuchSession, "this node has no such session") }
}
