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

    /// Finds them, and marks as interrupted those that were recording.
    func find(now: EpochInstant = .now) -> [WireSessionDescription] {
        do throws(StoreError) {
            let sessions = try data.sessions()
            if sessions.others > 0 {
                log.notice(
                    "left alone what is not this controller's in its folder",
                    metadata: ["entries": "\(sessions.others)"])
            }
            return sessions.own.compactMap { find($0, now) }
        } catch {
            log.warning("cannot look for sessions of an earlier controller", metadata: ["reason": "\(error)"])
            return []
        }
    }

    private func find(_ session: UInt64, _ now: EpochInstant) -> WireSessionDescription? {
        let name = session.sessionText
        do throws(StoreError) {
            let folder = try data.folder(of: session)
            let changed = try SessionDirectory.lastDescribed(in: folder)
            guard var found = try SessionDirectory.find(in: folder) else {
                guard changed.duration(to: now) > Self.unnamedAge else { return nil }
                try data.remove(session)
                log.notice("removed a session that was never begun", metadata: ["session": "\(name)"])
                return nil
            }
            var description = found.description
            if description.ended == 0 { description.ended = changed.nanoseconds }
            if description.state == "recording" {
                description.state = "interrupted: the controller ended"
                try found.update(description)
                log.notice(
                    "a session of an earlier controller is interrupted",
                    metadata: ["session": "\(name)", "folder": "\(folder.path)"])
            }
            description.storedBytes = try found.logBytes()
            return description
        } catch {
            log.warning("a session of an earlier controller", metadata: ["session": "\(name)", "reason": "\(error)"])
            return nil
        }
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
