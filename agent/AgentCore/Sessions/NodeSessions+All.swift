import Logging
import NIOCore
import TraceProtocol

/// What concerns all sessions.
extension NodeSessions {
    /// Which other Fleetrace processes this machine has now. Sessions leave their threads out at once, or during a
    /// burst of changes with the next turn.
    func exclude(_ processes: [Int32]) {
        keepExcluded(processes).whenSuccess { [self] isDue in
            if isDue { keepThreadsExcluded() }
        }
    }

    /// - Returns: whether it should be made known at once.
    @discardableResult
    func keepExcluded(_ processes: [Int32]) -> EventLoopFuture<Bool> {
        change { [thread] table in
            table.excludedProcesses = processes
            return table.refresh.isDue(at: thread.now())
        }
    }

    /// Brings the lists of threads that sessions leave out up to date: threads come and go. Called every second.
    func keepThreadsExcluded() {
        let refreshed = change { [kernel, thread] table in
            guard !table.sessions.isEmpty else { return }
            let wanted = try kernel.excludedThreads(table.excludedProcesses)
            var failure: (any Error)?
            for id in table.refresh.begin(table.sessions.keys, at: thread.now()) {
                do {
                    guard let session = table.sessions[id]?.session, try session.refreshThreads(wanted) else {
                        continue
                    }
                } catch {
                    failure = failure ?? error
                }
                guard table.refresh.served(id, at: thread.now()) else { break }
            }
            if let failure { throw failure }
        }
        refreshed.whenFailure { [log] in
            log.warning(
                "the list of threads that sessions leave out could not be brought up to date",
                metadata: ["reason": "\($0)"])
        }
    }

    /// The watermarks of the sessions whose turn it is, if they have one.
    func watermarks() -> EventLoopFuture<[PendingWatermark]> {
        change { [journal] table in
            table.watermarkTurn.next(table.sessions.keys).compactMap { id in
                guard let session = table.sessions[id]?.session else { return nil }
                defer { journal?.write(gaps: session.gaps, session: id) }
                return session.watermark()
            }
        }
    }

    /// What the sessions that record have recorded so far.
    func states() -> EventLoopFuture<[WireSessionState]> {
        change { table in table.sessions.values.compactMap { $0.session.state() } }
    }

    /// Removes probes of sessions that no longer exist. A probe that another user of tracefs has enabled cannot be
    /// removed with its session; this is the second attempt.
    ///
    /// - Parameter isExpected: look even though nothing is known to be left.
    func removeStaleProbes(isExpected: Bool = false) -> EventLoopFuture<Void> {
        change { $0.hasStaleProbes || isExpected }.flatMap { [self] isDue in
            guard isDue else { return thread.succeeded() }
            return makers.run(isShared: true) { [kernel] in try kernel.removeStaleProbes() }.flatMap {
                [self] removals in
                for removal in removals where removal.failure == nil || isExpected {
                    if let failure = removal.failure {
                        log.notice(
                            "the probe of a session that has ended could not be removed yet",
                            metadata: ["probe": "\(removal.event)", "reason": "\(failure)"])
                    } else {
                        log.notice(
                            "removed the probe of a session that has ended", metadata: ["probe": "\(removal.event)"])
                    }
                }
                return change { $0.hasStaleProbes = removals.contains { $0.failure != nil } }
            }
        }
    }

    /// Removes everything of all sessions, before the agent ends.
    func shutDown() -> EventLoopFuture<Void> {
        // What is being made is kept then, and what is being removed is gone.
        makers.settled(on: thread.agentLoop).flatMap { [self] in
            change { [journal] table in
                table.sessions.keys.map { id in
                    journal?.write(.over(WireSessionOver()), session: id)
                    return (id, table.take(id))
                }
            }
        }.flatMap { [self] taken in
            let removals = taken.map { id, session in
                let removal = remove(session, inBackground: false)
                removal.whenFailure { [log] in
                    log.error(
                        "a session could not be removed from the kernel",
                        metadata: ["session": "\(String(id, radix: 16))", "reason": "\($0)"])
                }
                return removal
            }
            return EventLoopFuture.andAllComplete(removals, on: thread.agentLoop)
        }.flatMap { [self] in
            makers.settled(on: thread.agentLoop)
        }.flatMap { [self] in
            change { [kernel] _ in kernel.shutDown() }
        }
    }
}
