import TextPatterns
import TraceProtocol

/// Which nodes there are, and which of them a request means.
extension Controller {
    func nodeList() -> WireNodeList {
        let now = time.now()
        var list = WireNodeList()
        list.nodes = nodes.values.sorted { $0.name < $1.name }.map { node in
            let count = sessions.values.count { session in
                session.index(of: node).map(session.flow.isLive) ?? false
            }
            return node.status(now: now, sessions: count)
        }
        return list
    }

    /// The connected nodes that selectors choose, by name; all of them without a selector.
    func chosenNodes(_ texts: [String]) throws(WireRefusal) -> [Node] {
        var selectors: [Selector] = []
        for text in texts.isEmpty ? ["all"] : texts {
            guard let selector = Selector(text) else {
                throw WireRefusal(.unspecified, "\"\(text)\" is no selector (all, a name or pattern, or label=value)")
            }
            selectors.append(selector)
        }
        let connected = nodes.values.filter { $0.link != nil }
        let chosen = connected.filter { node in
            selectors.contains { $0.matches(name: node.name, labels: node.hello.labels) }
        }
        guard !chosen.isEmpty else { throw Self.noneChosen(texts, connected.map(\.name).sorted()) }
        return chosen.sorted { $0.name < $1.name }
    }

    private static func noneChosen(_ texts: [String], _ connected: [String]) -> WireRefusal {
        guard !connected.isEmpty else { return WireRefusal(.unspecified, "no node is connected to the controller") }
        let names = connected.prefix(10).joined(separator: ", ") + (connected.count > 10 ? ", ..." : "")
        return WireRefusal(
            .unspecified, "no connected node matches \(texts.joined(separator: " ")) (connected: \(names))")
    }
}
