import SafeText
import TextPatterns
import TraceProtocol

/// Lists of plain lines, such as kernel functions: which nodes have each line.
public struct FleetNames: Sendable {
    /// One line, and on how many nodes it is.
    public struct Entry: Sendable, Equatable, Encodable {
        public var name: String
        public var nodes: Int
        public var missing: Int
    }

    /// Sorted by name.
    public private(set) var entries: [Entry] = []
    /// Nodes whose list has come.
    public private(set) var nodes = 0
    /// Nodes whose list was cut because it is too long.
    public private(set) var cut: [String] = []

    /// - Parameter prefix: stands before each line.
    /// - Throws: `CodecError` for a list that cannot be unpacked.
    public init(_ report: WireListReport, prefix: String = "") throws {
        var counts: [String: Int] = [:]
        for group in report.groups {
            guard case .list(let list) = group.outcome else { continue }
            nodes += group.nodes.count
            if list.cut { cut += group.nodes }
            let text = String(decoding: try list.text.unpacked(limit: Self.longestList), as: UTF8.self)
            for line in text.unicodeScalars.split(separator: "\n").map(Substring.init) {
                counts[prefix + line, default: 0] += group.nodes.count
            }
        }
        entries = counts.map { Entry(name: $0.key, nodes: $0.value, missing: nodes - $0.value) }
            .sorted { $0.name < $1.name }
    }

    /// Bytes of one list.
    private static let longestList = 16 << 20

    public func matching(_ pattern: String?) -> [Entry] {
        guard let pattern else { return entries }
        let glob = Glob(pattern)
        return entries.filter { glob.matches($0.name) }
    }

    public static func lines(_ entries: [Entry], title: String) -> [String] {
        let width = max(entries.reduce(0) { max($0, $1.name.terminalColumns) }, title.count)
        return [title.padded(to: width) + "  NODES"]
            + entries.map { entry in
                entry.name.padded(to: width) + "  \(entry.nodes)"
                    + (entry.missing > 0 ? " of \(entry.nodes + entry.missing)" : "")
            }
    }
}
