import Logging
import SessionStore
import SystemFacts
import TraceProtocol

/// Sessions that an earlier controller process left in the folder when it was killed. They stay for a week, so that
/// somebody can read them.
struct LeftoverSessions {
    private let data: DataFolder
    private let log: Logger

    /// How long a session is kept after a controller has found it interrupted.
    static let age = Duration.seconds(7 * 24 * 3600)

    init(in data: DataFolder, log: Logger) {
        self.data = data
        self.log = log
    }

    /// What becomes of a session.
    enum Fate: Equatable {
        /// Its recording ended when its controller did: its manifest is to say so.
        case interrupted
        case kept
        case removed
    }

    /// - Parameters:
    ///   - description: nil when there is no manifest: the session was just being made or removed.
    ///   - age: since its manifest, or else its folder, was changed.
    static func fate(of description: WireSessionDescription?, age: Duration) -> Fate {
        if description?.state == "recording" { return .interrupted }
        return description?.keep == true || age <= Self.age ? .kept : .removed
    }

    /// Looks at each session in the folder that no process has open.
    ///
    /// - Parameter open: the sessions of this process.
    /// - Returns: how many things in the folder are not this controller's.
    @discardableResult
    func settle(except open: Set<UInt64>, now: EpochInstant = .now) -> Int {
        do throws(StoreError) {
            let sessions = try data.sessions()
            for session in sessions.own where !open.contains(session) { settle(session, now) }
            return sessions.others
        } catch {
            log.warning("cannot look for sessions of an earlier controller", metadata: ["reason": "\(error)"])
            return 0
        }
    }

    private func settle(_ session: UInt64, _ now: EpochInstant) {
        let name = session.sessionText
        do throws(StoreError) {
            let folder = try data.folder(of: session)
            var found = try SessionDirectory.find(in: folder)
            let age = try SessionDirectory.lastDescribed(in: folder).duration(to: now)
            switch Self.fate(of: found?.description, age: age) {
            case .kept: return
            case .interrupted:
                var description = found?.description ?? WireSessionDescription()
                description.state = "interrupted: the controller ended"
                try found?.update(description)
                log.notice(
                    "a session of an earlier controller is interrupted",
                    metadata: ["session": "\(name)", "folder": "\(folder.path)"])
            case .removed:
                try data.remove(session)
                log.notice(
                    "removed a session that an earlier controller left",
                    metadata: ["session": "\(name)", "age": "\(age)"])
            }
        } catch {
            log.warning("a session of an earlier controller", metadata: ["session": "\(name)", "reason": "\(error)"])
        }
    }
}
