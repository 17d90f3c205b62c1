import TraceProtocol

/// The sessions that have ended and lie in storage. No I/O.
struct StoredSessions {
    /// By id.
    private(set) var all: [UInt64: WireSessionDescription] = [:]

    /// What a list takes of a reply, bytes: half of what one may have.
    private static let listSize = 16 << 20

    mutating func add(_ description: WireSessionDescription) {
        all[description.session] = description
    }

    mutating func remove(_ id: UInt64) {
        all[id] = nil
    }

    /// The newest of them, as many as fit into a reply, without what only readers need.
    func listed(_ isSeen: (WireSessionDescription) -> Bool) -> [WireSessionDescription] {
        var room = Self.listSize
        return all.values.filter(isSeen).sorted { $0.created > $1.created }.prefix { description in
            room -= description.listSize
            return room >= 0
        }.map { description in
            var listed = description
            listed.gaps = []
            return listed
        }
    }
}

extension WireSessionDescription {
    /// About how many bytes it takes in a list.
    fileprivate var listSize: Int {
        let texts = nodes + events + probes + filters.flatMap { [$0.event, $0.text] } + [name, state, problem]
        return texts.reduce(200) { $0 + 4 + $1.utf8.count }
    }
}
