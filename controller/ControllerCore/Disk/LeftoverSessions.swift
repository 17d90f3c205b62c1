import Logging
import SessionStore
import SystemFacts
import TraceProtocol

/// The sessions that lie in a controller's folder when it begins.
struct LeftoverSessions {
    private let data: DataFolder
    private let log: Logger

    /// How long a folder stays that has no manifest: its session was just being made or removed.
    static let unnamedAge = Duration.seconds(7 * 24 * 3600)

    init(in data: DataFolder, log: Logger) {
        self.data = data
        self.log = log
    }

    /// What lies in the folder.
    struct Found {
        var stored: [WireSessionDescription] = []
        /// Those that go on, with their files.
        var resumed: [(RecoveredSession, FileSession)] = []
    }

    /// Finds them. Those that were recording go on, are dropped, or are marked as interrupted (`SessionRecovery`).
    ///
    /// - Parameter bootID: of this machine.
    func find(bootID: String, now: EpochInstant = .now) -> Found {
        var found = Found()
        do throws(StoreError) {
            let sessions = try data.sessions()
            if sessions.others > 0 {
                log.notice(
                    "left alone what is not this controller's in its folder",
                    metadata: ["entries": "\(sessions.others)"])
            }
            for session in sessions.own {
                do throws(StoreError) {
                    try find(session, bootID, now, &found)
                } catch {
                    log.warning(
                        "a session of an earlier controller",
                        metadata: ["session": "\(session.sessionText)", "reason": "\(error)"])
                }
            }
        } catch {
            log.warning("cannot look for sessions of an earlier controller", metadata: ["reason": "\(error)"])
        }
        return found
    }

    private func find(
        _ session: UInt64, _ bootID: String, _ now: EpochInstant, _ found: inout Found
    ) throws(StoreError) {
        let folder = try data.folder(of: session)
        let changed = try SessionDirectory.lastDescribed(in: folder)
        guard var directory = try SessionDirectory.find(in: folder) else {
            if changed.duration(to: now) > Self.unnamedAge { try remove(session, "it was never begun") }
            return
        }
        if directory.description.state == "recording" {
            let journal = try SessionJournal.read(in: directory.folder)
            let recovery = SessionRecovery(
                directory.description, journal: journal?.entries, hasLogs: try directory.logBytes() > 0, bootID: bootID)
            switch recovery {
            case .goesOn(let flow): return found.resumed.append(try resume(directory, flow, journal))
            case .discarded(let reason): return try remove(session, reason)
            case .interrupted(let reason): try interrupt(&directory, reason)
            }
        }
        var description = directory.description
        if description.ended == 0 { description.ended = changed.nanoseconds }
        description.storedBytes = try directory.logBytes()
        found.stored.append(description)
    }

    private func resume(
        _ directory: SessionDirectory, _ flow: RecoveredFlow, _ journal: SessionJournal.Found?
    ) throws(StoreError) -> (RecoveredSession, FileSession) {
        var logs: [RecoveredLog] = []
        var writers: [NodeLogScan] = []
        for node in directory.description.nodes {
            var recovered = RecoveredLog()
            let scan = try NodeLogScan(try directory.log(of: node)) { recovered.add($0) }
            recovered.position = scan.end
            recovered.sequence = scan.numbers.last
            recovered.events = scan.events
            logs.append(recovered)
            writers.append(scan)
        }
        let files = try FileSession(resuming: directory, writers, journal)
        return (RecoveredSession(description: directory.description, flow: flow, logs: logs), files)
    }

    private func interrupt(_ directory: inout SessionDirectory, _ reason: String) throws(StoreError) {
        var description = directory.description
        description.state = "interrupted: \(reason)"
        try directory.update(description)
        log.notice(
            "a session of an earlier controller is interrupted",
            metadata: [
                "session": "\(description.session.sessionText)", "folder": "\(directory.folder.path)",
                "reason": "\(reason)",
            ])
    }

    private func remove(_ session: UInt64, _ reason: String) throws(StoreError) {
        try data.remove(session)
        log.notice(
            "removed a session of an earlier controller",
            metadata: ["session": "\(session.sessionText)", "reason": "\(reason)"])
    }
}

extension SessionDirectory {
    /// Bytes of all its logs.
    func logBytes() throws(StoreError) -> UInt64 {
        var bytes: UInt64 = 0
        for node in description.nodes { bytes += try log(of: node).lengths().reduce(0, +) }
        return bytes
    }
}
