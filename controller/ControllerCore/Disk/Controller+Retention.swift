import Logging
import SystemFacts
import TraceProtocol

/// The sessions that lie in storage, and how long they stay there.
extension Controller {
    /// Before the first connection: the sessions that lie in storage.
    func add(stored descriptions: [WireSessionDescription]) {
        for description in descriptions {
            privateSessions.add(description)
            stored.add(description)
        }
        applyRetention()
    }

    /// Removes stored sessions that are older or more than may be. Called every minute.
    func applyRetention() {
        for removal in retention.removals(
            of: stored.all.values, except: Set(storedReadings.keys), now: time.wallClock())
        {
            let session = stored.all[removal.session]
            stored.remove(removal.session)
            storage.remove(removal.session).whenComplete { [log] result in
                var metadata: Logger.Metadata = [
                    "session": "\(removal.session.sessionText)", "reason": "\(removal.reason)",
                ]
                if let session, !session.private { metadata["name"] = "\(session.name)" }
                switch result {
                case .success: log.notice("removed a stored session", metadata: metadata)
                case .failure(let error):
                    metadata["error"] = "\(error)"
                    log.warning("a stored session could not be removed whole", metadata: metadata)
                }
            }
        }
    }
}
