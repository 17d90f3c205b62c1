import TraceProtocol

/// Whose the private sessions are. No I/O.
///
/// An operator sees a session that is shared, their own, and as an admin every one. What they do not see does not exist
/// for them, in replies and in log lines.
struct PrivateSessions {
    /// The most that are remembered. Log lines older than these sessions have left the recent ones.
    private static let limit = 1024

    private var owners: [(session: UInt64, owner: String)] = []

    mutating func add(_ description: WireSessionDescription) {
        guard description.private else { return }
        if owners.count >= Self.limit { owners.removeFirst() }
        owners.append((description.session, description.operator))
    }

    /// Sessions that an operator does not see.
    func hidden(from viewer: Viewer) -> Set<UInt64> {
        viewer.isAdmin ? [] : Set(owners.filter { $0.owner != viewer.name }.map(\.session))
    }

    /// Who looks.
    struct Viewer {
        var name: String
        var isAdmin: Bool
    }
}

extension OperatorLink {
    var viewer: PrivateSessions.Viewer { .init(name: name, isAdmin: may(.admin)) }

    func sees(_ description: WireSessionDescription) -> Bool {
        !description.private || description.operator == name || may(.admin)
    }
}

extension WireNodeReport {
    /// Leaves out sessions, and log lines that mention them.
    mutating func hide(_ hidden: Set<UInt64>) {
        guard !hidden.isEmpty else { return }
        let words = Set(hidden.map(\.sessionText))
        received.removeAll { hidden.contains($0.session) }
        log.removeAll { $0.text.mentions(anyOf: words) }
        guard hasNodeDescription else { return }
        let all = nodeDescription.sessions.count
        nodeDescription.sessions.removeAll { hidden.contains($0.session) }
        nodeDescription.instances.removeAll { hidden.contains($0.session) }
        nodeDescription.probes.removeAll { hidden.contains($0.session) }
        nodeDescription.log.removeAll { $0.text.mentions(anyOf: words) }
        hiddenSessions = UInt32(all - nodeDescription.sessions.count)
    }
}

extension String {
    /// Session ids stand as words of their own, or at the end of an instance's name.
    fileprivate func mentions(anyOf words: Set<String>) -> Bool {
        split { !($0.isLetter || $0.isNumber) }.contains { words.contains(String($0)) }
    }
}
