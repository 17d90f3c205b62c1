import TraceProtocol

/// Asks many nodes for a list, each different list once. No I/O, no time: the deadline comes as a call.
///
/// Nodes that should have the same list stand in one group. The first of a group is asked alone. Where a node's digest
/// was announced, the answer settles its group; where sameness is only likely (the same kernel), the others are asked
/// next, with the digests that are known by then, and send their list only when it is another one.
public struct ListSurvey: Sendable {
    /// A node, and what it has in common with those that should have the same list.
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

    /// A question that has to be sent now.
    public struct Question: Sendable, Equatable {
        public var node: String
        /// Digests of lists that need not be sent.
        public var known: [[UInt8]]
    }

    private struct Group {
        var likeness: Likeness
        /// Those that have neither been asked nor settled.
        var waiting: [String]
    }

    private var groups: [Group] = []
    private var asked: [String: Int] = [:]
    private var lists: [[UInt8]: WireNameList] = [:]
    private var holders: [[UInt8]: [String]] = [:]
    private var failures: [WireRefusal: [String]] = [:]

    /// Sent along with a question at most.
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

    /// The first questions.
    public mutating func begin() -> [Question] {
        groups.indices.compactMap { askNext($0) }
    }

    /// - Parameter outcome: a list with its text, or with the digest of one that was among the known.
    /// - Returns: what to ask now.
    public mutating func answered(_ node: String, _ outcome: Result<WireNameList, WireRefusal>) -> [Question] {
        guard let group = asked.removeValue(forKey: node) else { return [] }
        var settles = false
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
        case .failure(let refusal): failures[refusal, default: []].append(node)
        }
        switch groups[group].likeness {
        case .digest: return askNext(group).map { [$0] } ?? []
        case .hint:
            var questions: [Question] = []
            while let question = askNext(group) { questions.append(question) }
            return questions
        }
    }

    /// Whoever has not answered will not any more.
    public mutating func deadline() {
        var failure = WireRefusal()
        failure.code = .timeout
        failure.text = "no answer in time"
        let missing = asked.keys + groups.flatMap(\.waiting)
        if !missing.isEmpty { failures[failure, default: []] += missing }
        asked = [:]
        for group in groups.indices { groups[group].waiting = [] }
    }

    private mutating func askNext(_ group: Int) -> Question? {
        guard let node = groups[group].waiting.first else { return nil }
        groups[group].waiting.removeFirst()
        asked[node] = group
        return Question(node: node, known: Array(lists.keys.prefix(Self.knownLimit)))
    }

    /// Who has what, the most frequent list first.
    ///
    /// - Parameter limit: bytes of texts at most; nodes with further lists are named with that as their failure.
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
                .unspecified, "there are more different lists than one answer holds; choose nodes with --on")
            report.groups.append(
                .with {
                    $0.nodes = crowded.sorted(); $0.refusal = refusal
                })
        }
        for (failure, nodes) in failures.sorted(by: { $0.key.text < $1.key.text }) {
            report.groups.append(
                .with {
                    $0.nodes = nodes.sorted(); $0.refusal = failure
                })
        }
        return report
    }
}
