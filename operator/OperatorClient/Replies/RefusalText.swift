import SafeText
import TraceProtocol

/// Why nodes refused. Nodes with the same refusal share a line. A node's text is one line, and the kernel's below it are
/// indented, so that a node cannot write in another's name.
public enum RefusalText {
    /// - Parameter replies: of all nodes that were asked.
    public static func lines(_ replies: [WireNodeReply]) -> [String] {
        var groups: [Group] = []
        for reply in replies where reply.isRefusal {
            if let index = groups.firstIndex(where: { $0.refusal == reply.refusal }) {
                groups[index].nodes.append(reply.node)
            } else {
                groups.append((reply.refusal, [reply.node]))
            }
        }
        return lines(groups, of: replies.count)
    }

    /// One refusal, and the nodes that gave it.
    public typealias Group = (refusal: WireRefusal, nodes: [String])

    public static func lines(_ groups: [Group], of total: Int) -> [String] {
        groups.flatMap { group -> [String] in
            ["\(NodeGroupText.who(group.nodes, of: total)): \(group.refusal.text)".safeLine] + group.refusal.shownDetail
        }
    }
}

/// The names of nodes that share a line.
public enum NodeGroupText {
    public static func who(_ nodes: [String], of total: Int) -> String {
        let shown = nodes.prefix(5).joined(separator: ", ") + (nodes.count > 5 ? ", ..." : "")
        return nodes.count == 1 ? "node \(shown)" : "\(nodes.count) of \(total) nodes (\(shown))"
    }
}

extension WireNodeReply {
    public var isRefusal: Bool {
        if case .refusal = outcome { true } else { false }
    }
}
