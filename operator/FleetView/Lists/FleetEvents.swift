import TextPatterns
import TraceProtocol

/// The events of a fleet: which nodes have each, and whether its records look the same everywhere.
public struct FleetEvents: Sendable {
    /// One event.
    public struct Entry: Sendable, Equatable {
        public var name: EventName
        /// The different layouts, the most frequent first.
        public var layouts: [Layout]

        /// Nodes that have it.
        public var nodes: Int { layouts.reduce(0) { $0 + $1.nodes.count } }
    }

    /// The fields of an event's record, and the nodes that have this layout.
    public struct Layout: Sendable, Equatable {
        var text: ArraySlice<UInt8>
        public var nodes: [String]

        /// The kernel's `field:` lines.
        public var lines: [String] {
            text.split(separator: UInt8(ascii: "\n")).map { line in
                String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
            }
        }

        public var fields: [ListedField] { lines.compactMap { ListedField($0) } }
    }

    /// By system, then name.
    public private(set) var events: [Entry] = []
    /// Nodes whose list has come.
    public private(set) var nodes = 0

    /// - Throws: `CodecError` for a list that cannot be unpacked.
    public init(_ report: WireListReport) throws {
        var index: [EventName: Int] = [:]
        for group in report.groups {
            guard case .list(let list) = group.outcome else { continue }
            nodes += group.nodes.count
            for event in EventCatalogText(try list.text.unpacked(limit: Self.longestList)).events {
                if let known = index[event.name] {
                    events[known].add(event.fields, group.nodes)
                } else {
                    index[event.name] = events.count
                    let layout = Layout(text: event.fields, nodes: group.nodes)
                    events.append(Entry(name: event.name, layouts: [layout]))
                }
            }
        }
        events.sort { $0.name < $1.name }
        for event in events.indices { events[event].layouts.sort { $0.nodes.count > $1.nodes.count } }
    }

    /// Bytes of one list.
    private static let longestList = 16 << 20

    /// The events that a pattern selects, as `-e` has it.
    ///
    /// - Throws: `UnknownEvent` with near matches when it selects none.
    public func matching(_ pattern: String) throws(UnknownEvent) -> [Entry] {
        let names = Set(try EventPattern.resolve(pattern, among: events.map(\.name)))
        return events.filter { names.contains($0.name) }
    }
}

extension FleetEvents.Entry {
    fileprivate mutating func add(_ fields: ArraySlice<UInt8>, _ nodes: [String]) {
        if let same = layouts.firstIndex(where: { $0.text == fields }) {
            layouts[same].nodes += nodes
        } else {
            layouts.append(FleetEvents.Layout(text: fields, nodes: nodes))
        }
    }
}
