import TraceProtocol

/// Asks many nodes for a list, and for each different list once. No I/O, no time: the deadline comes as a call.
///
/// Nodes that should have the same list are one group. The first of a group is asked alone. Where the nodes have
/// announced a digest, the reply settles the group. Where the same list is only likely (the same kernel), the others are
/// asked next, with the digests that are known by then, and send their list only if it is another one.
public struct ListSurvey: Sendable, NodeSurvey {
    /// A node, and by what it is grouped with those that should have the same list.
    public struct Member: Sendable, Equatable {
        public var node: String
        public var likeness: Likeness

        public init(node: String, likeness: Likeness) {
            self.node = node
            self.likeness = likeness
        }
    }

    public enum Likeness: Hashable, Sendable {
        /// It has announced this digest.
        case digest([UInt8])
        /// The same list is likely, e.g. by the same kernel.
        case hint(String)
    }

    private struct Group {
        var likeness: Likeness
        /// Nodes that have neither been asked nor settled.
        var waiting: [String]
    }

    private var groups: [Group] = []
    private var asked: [String: Int] = [:]
    private var lists: [[UInt8]: WireNameList] = [:]
    private var holders: [[UInt8]: [String]] = [:]
    private var refusals: [WireRefusal: [String]] = [:]

    /// The most digests that are sent with a request.
    private static let knownLimit = 64

    /// - Parameter cached: the list of a digest, where it is known already.
    public init(_ members: [Member], cached: ([UInt8]) -> WireNameList?) {
        var index: [Likeness: Int] = [:]
        for member in members {
            if case .digest(let digest) = member.likeness, lists[digest] == nil, let list = cached(digest) {
                lists[digest] = list
            }
            if case .digest(let digest) = member.likeness, lists[digest] != nil {
                holders[digest, default: []].append(member.node)
            } else if let group = index[member.likeness] {
                groups[group].waiting.append(member.node)
            } else {
                index[member.likeness] = groups.count
                groups.append(Group(likeness: member.likeness, waiting: [member.node]))
            }
        }
    }

    public var isDone: Bool { asked.isEmpty && groups.allSatisfy(\.waiting.isEmpty) }

    /// The first requests.
    public mutating func begin() -> [NodeRequest] {
        groups.indices.compactMap { askNext($0) }
    }

    /// - Parameter outcome: a list with its text, or with the digest of one that was among the known.
    /// - Returns: what to ask now.
    public mutating func replied(_ node: String, _ outcome: Result<WireNameList, WireRefusal>) -> [NodeRequest] {
        guard let group = asked.removeValue(forKey: node) else { return [] }
        var settles = false
        var isSilent = false
        switch outcome {
        case .success(let list):
            let digest = Array(list.digest)
            if lists[digest] == nil { lists[digest] = list }
            holders[digest, default: []].append(node)
            settles = groups[group].likeness == .digest(digest)
            if settles {
                holders[digest, default: []] += groups[group].waiting
                groups[group].waiting = []
            }
        case .failure(let refusal):
            isSilent = refusal.code == .timeout
            refusals[refusal, default: []].append(node)
        }
        // Silent nodes must not cost their time one after the other.
        if case .digest = groups[group].likeness, !isSilent { return askNext(group).map { [$0] } ?? [] }
        return askAll(group)
    }

    /// Nodes are waited for, and others behind them have not been asked: a busy node must not hold these up.
    public mutating func grewLate() -> [NodeRequest] {
        groups.indices.flatMap { askAll($0) }
    }

    private mutating func askAll(_ group: Int) -> [NodeRequest] {
        var requests: [NodeRequest] = []
        while let request = askNext(group) { requests.append(request) }
        return requests
    }

    /// Nodes that have not replied in time.
    public mutating func deadline() {
        let missing = asked.keys + groups.flatMap(\.waiting)
        if !missing.isEmpty {
            refusals[WireRefusal(.timeout, "still busy when the time was up"), default: []] += missing
        }
        asked = [:]
        for group in groups.indices { groups[group].waiting = [] }
    }

    private mutating func askNext(_ group: Int) -> NodeRequest? {
        guard let node = groups[group].waiting.first else { return nil }
        groups[group].waiting.removeFirst()
        asked[node] = group
        return NodeRequest(node: node, known: Array(lists.keys.prefix(Self.knownLimit)))
    }

    /// Who has what, the most frequent list first.
    ///
    /// - Parameter limit: the most bytes of texts. Nodes with further lists get a refusal that says so.
    public func report(limit: Int) -> WireListReport {
        var report = WireListReport()
        var bytes = 0
        var crowded: [String] = []
        let frequent = holders.sorted { a, b in
            a.value.count == b.value.count ? a.key.lexicographicallyPrecedes(b.key) : a.value.count > b.value.count
        }
        for (digest, nodes) in frequent {
            guard let list = lists[digest] else { continue }
            bytes += list.text.data.count
            if bytes > limit {
                crowded += nodes
            } else {
                report.groups.append(
                    .with {
                        $0.nodes = nodes.sorted(); $0.list = list
                    })
            }
        }
        if !crowded.isEmpty {
            let refusal = WireRefusal(
                .unspecified, "there are more different lists than one reply holds; choose nodes with --on")
            report.groups.append(
                .with {
                    $0.nodes = crowded.sorted(); $0.refusal = refusal
                })
        }
        for (refusal, nodes) in refusals.sorted(by: { $0.key.text < $1.key.text }) {
            report.groups.append(
                .with {
                    $0.nodes = nodes.sorted(); $0.refusal = refusal
                })
        }
        return report
    }
}
