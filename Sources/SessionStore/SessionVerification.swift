import SystemPackage
import TraceProtocol

/// Everything that is found when all of a stored session is checked.
public struct SessionVerification: Sendable {
    /// Each with the node or the file, as lines for people. Empty for a session that is as it was written.
    public private(set) var damage: [String] = []
    /// What is no damage and a reader should know.
    public private(set) var notes: [String] = []
    public private(set) var nodes = 0
    public private(set) var damagedNodes = 0
    public private(set) var segments = 0
    public private(set) var records: UInt64 = 0
    public private(set) var events: UInt64 = 0

    /// - Throws: `StoreError` when there is no session, or its manifest is none.
    public init(_ path: FilePath) throws(StoreError) {
        let session = try SessionDirectory.open(path)
        let manifest = session.description
        if !manifest.hasEnded {
            notes.append(
                "its manifest says \"\(manifest.state)\": the session has not ended, or its controller has; what was being "
                    + "written then may be cut off")
        } else if manifest.state != "complete" {
            notes.append("its manifest says \"\(manifest.state)\"")
        }
        for node in manifest.nodes { check(node, session) }
        do throws(StoreError) {
            for name in try session.nodeFolders() where !manifest.nodes.contains(name) {
                damage.append("\(session.folder.path)/\(SessionLayout.nodes)/\(name): the manifest names no such node")
            }
        } catch {
            damage.append("\(error)")
        }
    }

    private mutating func check(_ node: String, _ session: SessionDirectory) {
        nodes += 1
        do throws(StoreError) {
            let found = try NodeVerification(session.log(of: node), session.description)
            segments += found.segments
            records += found.records
            events += found.events.values.reduce(0, &+)
            damage += found.damage.map { "node \(node): \($0)" }
            if found.furtherDamage > 0 { damage.append("node \(node): and \(found.furtherDamage) more") }
            if !found.damage.isEmpty { damagedNodes += 1 }
        } catch {
            damage.append("node \(node): \(error)")
            damagedNodes += 1
        }
    }
}

extension WireSessionDescription {
    /// The manifest has the session's final state.
    public var hasEnded: Bool { state != "recording" && !state.hasPrefix("interrupted") }
}
