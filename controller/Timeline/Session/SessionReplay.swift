import SessionStore
import SystemPackage
import TraceProtocol

/// Prints a session from disk, in memory bounded by what lies between the nodes' watermarks.
public final class SessionReplay {
    public let session: SessionDirectory
    private let merger: TimelineMerger
    private var printer: TimelinePrinter
    private var logs: [Log]
    public private(set) var damage: [String] = []

    private final class Log {
        var reader: NodeLogReader
        var isAtEnd = false

        init(_ reader: consuming NodeLogReader) {
            self.reader = reader
        }
    }

    /// Time plays no part on disk: nobody is waited for.
    private static let now = Int64.max

    /// - Parameter output: nil to count only.
    public init(
        _ session: SessionDirectory, format: OutputFormat, filter: TimelineFilter, output: OutputStream?
    ) {
        self.session = session
        let description = session.description
        merger = TimelineMerger(nodes: description.nodes, stallLimit: .max, at: Self.now)
        printer = TimelinePrinter(format: format, filter: filter, description: description, output: output)
        logs = description.nodes.map { Log(NodeLogReader(layout: session.layout, node: $0)) }
    }

    /// What is wrong with the filter, once events have shown it.
    public var mistake: String? { printer.mistake }

    /// Prints everything.
    ///
    /// - Throws: `OutputError` when the output is closed, `StoreError` when a file cannot be read at all.
    public func run() throws -> SessionAccount {
        while let index = furthestBehind() {
            try read(index)
            try merger.release(at: Self.now, into: &printer)
        }
        try merger.release(at: Self.now, into: &printer)
        try printer.flush()
        return merger.account
    }

    /// The node whose log holds the others back.
    private func furthestBehind() -> Int? {
        logs.indices.filter { !logs[$0].isAtEnd }
            .min { (merger.nodes[$0].watermark ?? .min, $0) < (merger.nodes[$1].watermark ?? .min, $1) }
    }

    /// Reads on until the node's watermark has moved, or its log ends.
    private func read(_ index: Int) throws {
        let before = merger.nodes[index].watermark
        while merger.nodes[index].watermark == before {
            guard let item = try logs[index].reader.next() else {
                logs[index].isAtEnd = true
                merger.end(index, at: Self.now)
                return
            }
            switch item {
            case .record(let record):
                do {
                    try merger.take(record.frame, node: index, at: Self.now)
                } catch {
                    damage.append("node \(merger.nodes[index].name): \(error)")
                }
            case .damage(let text): damage.append("node \(merger.nodes[index].name): \(text)")
            }
        }
    }
}
