import EventFormat
import TraceClock
import TraceProtocol

/// Writes a merged timeline in one of the output formats. Owns the buffers that every line uses again; whoever drives
/// the merge calls `flush`.
///
/// A value that cannot be copied: its owner has it alone, so that appending to the buffer needs no check for others.
struct TimelinePrinter: ~Copyable, TimelineSink {
    let format: OutputFormat
    let filter: TimelineFilter
    let output: OutputStream?
    /// ns from the controller's timeline to the epoch.
    let epochOffset: Int64
    let nodes: NodeLabels
    /// Whether lines of the kernel's form say which node they are from.
    let showsNode: Bool
    var text = TextBuffer(capacity: 256 << 10)
    /// A piece of text on its way into a line.
    var scratch = TextBuffer(capacity: 4096)
    var wallTime = WallTime()
    private var firstTime: Int64?
    private var conditions: ConditionTable?
    /// Every event is wanted.
    private let wantsAll: Bool

    private static let flushSize = 128 << 10

    /// - Parameter output: nil to print nothing.
    init(
        format: OutputFormat, filter: TimelineFilter, description: WireSessionDescription, output: OutputStream?
    ) {
        self.format = format
        self.filter = filter
        self.output = output
        epochOffset = description.epochOffset
        let shown = filter.nodes.isEmpty ? description.nodes : description.nodes.filter(filter.nodes.contains)
        nodes = NodeLabels(description.nodes, width: shown.map(\.utf8.count).max() ?? 0)
        showsNode = shown.count > 1
        conditions = filter.condition.map { ConditionTable($0) }
        wantsAll = filter.isEverything
        if format == .ftrace, !showsNode {
            FtraceLine.appendHeader(held: 0, written: 0, cpus: 0, to: &text)
        }
    }

    /// Only lines that state a bound, and filters that may ask for one, look at it.
    var wantsBounds: Bool { output != nil && format != .ftrace }

    mutating func event(_ event: MergedEvent) throws {
        guard output != nil else { return }
        if format != .ftrace { event.withRenderer { $0.learnNames(from: event.payload) } }
        if !wantsAll {
            guard isWanted(event) else { return }
        }
        switch format {
        case .default: appendLine(event)
        case .ftrace: appendTraceLine(event)
        case .json: appendJSON(event)
        }
        if text.count >= Self.flushSize { try flush() }
    }

    private mutating func isWanted(_ event: MergedEvent) -> Bool {
        guard isWanted(node: event.node, cpu: event.cpu, at: event.time.estimate) else { return false }
        return conditions?.holds(event) ?? true
    }

    mutating func isWanted(node: NodeTimeline, cpu: UInt32?, at time: Int64) -> Bool {
        if firstTime == nil { firstTime = time }
        if !filter.nodes.isEmpty, !filter.nodes.contains(node.name) { return false }
        if !filter.cpus.isEmpty, let cpu, !filter.cpus.contains(cpu) { return false }
        if let since = filter.since, time < moment(since) { return false }
        if let until = filter.until, time > moment(until) { return false }
        return true
    }

    private func moment(_ moment: TimelineMoment) -> Int64 {
        switch moment {
        case .offset(let offset): (firstTime ?? 0) &+ offset
        case .epoch(let time): time &- epochOffset
        }
    }

    /// Why the filter lets nothing through, when that is a mistake in it.
    var mistake: String? { conditions?.mistake }

    /// Writes what has gathered.
    ///
    /// - Throws: `OutputError` when nobody reads any more.
    mutating func flush() throws {
        try output?.write(text.bytes)
        text.removeAll()
    }
}

extension TimelineFilter {
    /// Nothing is left out.
    var isEverything: Bool {
        nodes.isEmpty && cpus.isEmpty && since == nil && until == nil && condition == nil
    }
}
