import SafeText

extension FleetEvents {
    /// A table of events: on how many nodes each is, and whether its records differ.
    ///
    /// - Parameter fields: whether the fields of each event stand below it.
    public static func lines(_ events: [Entry], nodes: Int, fields: Bool) -> [String] {
        let width = max(events.reduce(0) { max($0, $1.name.description.utf8.count) }, 5)
        var lines = ["EVENT".padded(to: width) + "  NODES"]
        for event in events {
            var line = event.name.description.padded(to: width) + "  \(event.nodes)"
            if event.nodes < nodes { line += " of \(nodes)" }
            if event.layouts.count > 1 { line += "  \(event.layouts.count) layouts" }
            lines.append(line)
            guard fields else { continue }
            for layout in event.layouts {
                if event.layouts.count > 1 { lines.append("  on \(NodeNames.short(layout.nodes)):") }
                lines += layout.lines.map { "    " + $0 }
            }
        }
        return lines
    }

    private struct Object: Encodable {
        var event: String
        var nodes: Int
        var missing: Int
        var layouts: Int
        /// With `-v`: each layout and the nodes that have it.
        var fields: [Fields]?

        struct Fields: Encodable {
            var nodes: [String]
            var fields: [ListedField]
        }
    }

    /// The same as one JSON object a line.
    public static func json(_ events: [Entry], nodes: Int, fields: Bool) throws -> [String] {
        try events.map { event in
            try JSONLine.text(
                Object(
                    event: event.name.description, nodes: event.nodes, missing: nodes - event.nodes,
                    layouts: event.layouts.count,
                    fields: fields ? event.layouts.map { .init(nodes: $0.nodes, fields: $0.fields) } : nil))
        }
    }
}

/// Several nodes in a few words.
public enum NodeNames {
    /// `web-1, web-2, web-3, web-4, web-5, ... (1000)`
    public static func short(_ names: [String]) -> String {
        let shown = names.prefix(5).joined(separator: ", ")
        return names.count > 5 ? "\(shown), ... (\(names.count))" : shown
    }
}
