import TraceProtocol

/// What is said on stderr when a session starts.
enum StartText {
    /// Nodes whose starts are listed one by one.
    private static let listed = 4

    static func lines(_ opened: WireSessionOpened) -> [String] {
        let started = opened.replies.filter(\.started)
        let columns = Set(started.flatMap { $0.prepared.count.columns.map(\.event) }).count
        let traced = Set(started.flatMap { $0.prepared.events.map { "\($0.system):\($0.name)" } }).count
        let what = columns > 0 ? "counting \(count(columns, "event"))" : "tracing \(count(traced, "event"))"
        var line = "\(what) on \(count(started.count, "node"))"
        let times = started.map(\.startedAt)
        if times.count > 1, let first = times.min(), let last = times.max() {
            line += ", started within \((last - first) / 1000) us"
        }
        let late = started.filter(\.missedStart).map(\.node)
        if !late.isEmpty { line += " (\(late.joined(separator: ", ")) missed the moment and started at once)" }
        return [line + "; Ctrl-C ends it"] + notes(started) + spread(started, moment: opened.startAt)
    }

    /// What nodes do otherwise than was asked, those with the same to say together.
    private static func notes(_ started: [WireNodeReply]) -> [String] {
        var groups: [(text: String, nodes: [String])] = []
        for answer in started {
            for text in answer.prepared.notes {
                if let index = groups.firstIndex(where: { $0.text == text }) {
                    groups[index].nodes.append(answer.node)
                } else {
                    groups.append((text, [answer.node]))
                }
            }
        }
        return groups.map { "\(NodeGroupText.who($0.nodes, of: started.count)): \($0.text)" }
    }

    /// When each node's recording began, after the moment that was ordered; how exactly that is known is its clock's bound.
    static func spread(_ started: [WireNodeReply], moment: Int64) -> [String] {
        let sorted = started.sorted { $0.startedAt < $1.startedAt }
        guard moment > 0, sorted.count > 1, let first = sorted.first, let last = sorted.last else { return [] }
        func after(_ answer: WireNodeReply) -> String { "\((answer.startedAt - moment) / 1000) us" }
        let middle = sorted[(sorted.count - 1) / 2]
        let line =
            "start: min \(after(first)) (\(first.node)), median \(after(middle)), max \(after(last)) (\(last.node)) after the moment; "
        guard sorted.count > listed else {
            let each = started.map { "\($0.node) \(after($0)) \(bound($0.startedBound))" }
            return [line + "each: " + each.joined(separator: ", ")]
        }
        let bounds = started.sorted { width($0) < width($1) }
        guard let narrow = bounds.first, let wide = bounds.last else { return [line] }
        return [
            line
                + "known \(bound(narrow.startedBound)) (\(narrow.node)) to \(bound(wide.startedBound)) (\(wide.node))"
        ]
    }

    private static func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }

    private static func width(_ answer: WireNodeReply) -> Int64 {
        answer.startedBound < 0 ? .max : answer.startedBound
    }

    private static func bound(_ nanoseconds: Int64) -> String {
        nanoseconds < 0 ? "±?" : "±\((nanoseconds + 999) / 1000) us"
    }
}

/// Why nodes refused, those with the same answer together.
enum RefusalText {
    static func lines(_ refused: [WireNodeReply], of total: Int) -> [String] {
        var groups: [Group] = []
        for answer in refused {
            if let index = groups.firstIndex(where: { $0.refusal == answer.refusal }) {
                groups[index].nodes.append(answer.node)
            } else {
                groups.append((answer.refusal, [answer.node]))
            }
        }
        return lines(groups, of: total)
    }

    /// One reason, and the nodes that gave it.
    typealias Group = (refusal: WireRefusal, nodes: [String])

    static func lines(_ groups: [Group], of total: Int) -> [String] {
        groups.flatMap { group -> [String] in
            ["\(NodeGroupText.who(group.nodes, of: total)): \(group.refusal.text)"]
                + (group.refusal.detail.isEmpty ? [] : group.refusal.detail.split(separator: "\n").map { "  " + $0 })
        }
    }
}

/// Nodes that have the same to say.
enum NodeGroupText {
    static func who(_ nodes: [String], of total: Int) -> String {
        let shown = nodes.prefix(5).joined(separator: ", ") + (nodes.count > 5 ? ", ..." : "")
        return nodes.count == 1 ? "node \(shown)" : "\(nodes.count) of \(total) nodes (\(shown))"
    }
}

extension WireNodeReply {
    var isRefusal: Bool {
        if case .refusal = outcome { true } else { false }
    }
}
