import TraceProtocol

/// What is said on stderr when a session starts.
enum StartText {
    static func line(_ opened: WireSessionOpened) -> String {
        let started = opened.answers.filter(\.started)
        let events = Set(started.flatMap { $0.prepared.events.map { "\($0.system):\($0.name)" } }).count
        var line =
            "tracing \(events) event\(events == 1 ? "" : "s") on \(started.count) node\(started.count == 1 ? "" : "s")"
        let times = started.map(\.startedAt)
        if times.count > 1, let first = times.min(), let last = times.max() {
            line += ", started within \((last - first) / 1000) us"
        }
        let late = started.filter(\.missedStart).map(\.node)
        if !late.isEmpty { line += " (\(late.joined(separator: ", ")) missed the moment and started at once)" }
        return line + "; Ctrl-C ends it"
    }
}

/// Why nodes refused, those with the same answer together.
enum RefusalText {
    static func lines(_ refused: [WireNodeAnswer], of total: Int) -> [String] {
        var groups: [(failure: WireFailure, nodes: [String])] = []
        for answer in refused {
            if let index = groups.firstIndex(where: { $0.failure == answer.failure }) {
                groups[index].nodes.append(answer.node)
            } else {
                groups.append((answer.failure, [answer.node]))
            }
        }
        return groups.flatMap { group -> [String] in
            let shown = group.nodes.prefix(5).joined(separator: ", ") + (group.nodes.count > 5 ? ", ..." : "")
            let who = group.nodes.count == 1 ? "node \(shown)" : "\(group.nodes.count) of \(total) nodes (\(shown))"
            return ["\(who): \(group.failure.text)"]
                + (group.failure.detail.isEmpty ? [] : group.failure.detail.split(separator: "\n").map { "  " + $0 })
        }
    }
}

extension WireNodeAnswer {
    var isRefusal: Bool {
        if case .failure = outcome { true } else { false }
    }
}
