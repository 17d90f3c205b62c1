import Logging
import NIOCore
import SessionStore
import SystemFacts
import TraceProtocol

/// The spools of an agent's sessions, and the thread that reads them and removes what was delivered: what blocks on the
/// disk holds up nothing but the frames that come from there.
struct AgentSpool: Sendable {
    let folder: SpoolFolder
    let thread: ControlThread
    let log: Logger

    var limit: Int { folder.space.limit }
    var used: Int { folder.space.used }

    /// What a session's stream needs of the disk.
    ///
    /// - Parameter found: what an agent that died has left of it.
    func disk(of session: UInt64, _ found: FoundSpool? = nil) -> StreamDisk {
        let files = folder.files(of: session, segments: found?.segments ?? SpoolSegments())
        return StreamDisk(
            files: files,
            run: { [thread] work in _ = thread.run(work) },
            report: { [log] message in
                log.warning("spool", metadata: ["session": "\(String(session, radix: 16))", "what": "\(message)"])
            },
            remove: { [thread, folder, log] in
                _ = thread.run {
                    guard files.removeAll() else { return }
                    do throws(StoreError) {
                        try folder.remove(session)
                    } catch {
                        log.warning("what a session had on disk stays there", metadata: ["reason": "\(error)"])
                    }
                }
            })
    }

    /// What an agent that died has left of a session; nil if that is nothing, or cannot be read.
    func found(of session: UInt64) -> FoundSpool? {
        do throws(StoreError) {
            guard try folder.sessions().contains(session) else { return nil }
            let found = try FoundSpool(in: try folder.folder(of: session))
            for number in found.vain { try folder.folder(of: session).removeFile(SpoolSegments.name(number)) }
            if !found.damage.isEmpty {
                log.warning(
                    "a part of a session's spool cannot be used",
                    metadata: ["session": "\(String(session, radix: 16))", "reason": "\(found.damage)"])
            }
            return found
        } catch {
            log.warning(
                "the spool of a session cannot be read",
                metadata: ["session": "\(String(session, radix: 16))", "reason": "\(error)"])
            return nil
        }
    }

    /// Removes what agents that have ended have left of other sessions than these.
    func removeLeftovers(except kept: Set<UInt64>) {
        do throws(StoreError) {
            for session in try folder.sessions() where !kept.contains(session) {
                try folder.remove(session)
                log.notice(
                    "removed the spool of a session that has ended",
                    metadata: ["session": "\(String(session, radix: 16))"])
            }
        } catch {
            log.warning("what an agent that has ended has left on disk stays there", metadata: ["reason": "\(error)"])
        }
    }

    /// Succeeds when everything is done that was given to the thread before.
    func settled() -> EventLoopFuture<Void> { thread.run {} }
}

/// What a session's stream needs of the disk.
struct StreamDisk: Sendable {
    let files: SpoolFiles
    /// Runs work that may wait for the disk.
    let run: @Sendable (@escaping @Sendable () -> Void) -> Void
    /// Says what a person should know.
    let report: @Sendable (String) -> Void
    /// Removes everything of the session.
    let remove: @Sendable () -> Void
}
