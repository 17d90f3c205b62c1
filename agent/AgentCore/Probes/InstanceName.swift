import TextPatterns
import Tracefs

/// The tracefs instance of a session on a node, by its name: `fleetrace-NODE-SESSION`.
struct InstanceName: Hashable {
    let node: String
    let session: UInt64

    static let prefix = "fleetrace-"

    init(node: String, session: UInt64) {
        self.node = node
        self.session = session
    }

    /// Nil for any other name.
    init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), let dash = text.lastIndex(of: "-") else { return nil }
        let (node, session) = (text[..<dash].dropFirst(Self.prefix.count), text[text.index(after: dash)...])
        guard !node.isEmpty, let number = UInt64(session, radix: 16), String(number, radix: 16) == session else {
            return nil
        }
        self.init(node: String(node), session: number)
    }

    var text: String { "\(Self.prefix)\(node)-\(String(session, radix: 16))" }
}
