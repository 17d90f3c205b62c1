import FoundationEssentials
import Logging
import SessionStore
import SystemPackage

/// Sessions that an earlier controller process left in its directory when it was killed.
enum LeftoverSessions {
    /// Marks those that are to be kept as interrupted, and removes the others: nobody can read them.
    static func settle(in directory: FilePath, log: Logger) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.string)) ?? []
        for name in names {
            guard let component = FilePath.Component(name),
                var session = try? SessionDirectory.open(directory.appending(component))
            else { continue }
            var description = session.description
            do throws(StoreError) {
                if !description.keep {
                    try session.remove()
                    log.notice("removed a session that an earlier controller left", metadata: ["session": "\(name)"])
                } else if description.state == "recording" {
                    description.state = "interrupted: the controller ended"
                    try session.update(description)
                    log.notice("a session of an earlier controller is interrupted", metadata: ["session": "\(name)"])
                }
            } catch {
                log.warning(
                    "a session of an earlier controller", metadata: ["session": "\(name)", "reason": "\(error)"])
            }
        }
    }
}
