import EventFormat
import TraceClock
import TraceProtocol

/// Writes a merged timeline as it comes, line by line, on the thread that merges. The driver of the merge calls
/// `flush`.
struct TimelinePrinter: ~Copyable, TimelineSink {
    private var lines: LineWriter
    private var window: EventWindow
    private let output: OutputStream
    private let isOpen: Bool
    private let learnsNames: Bool
    /// With `--format graph`.
    private var forest: CallForest?
    let wantsBounds: Bool

    private static let flushSize = 128 << 10

    init(_ layout: TimelineLayout, output: OutputStream) {
        lines = LineWriter(layout)
        window = layout.window
        self.output = output
        isOpen = window.isOpen
        learnsNames = layout.learnsNames
        wantsBounds = layout.wantsBounds
        forest = layout.format == .graph ? CallForest() : nil
    }

    mutating func event(_ event: MergedEvent) throws {
        if lines.needsHead { lines.appendHead(before: event) }
        let task = event.withRenderer {
            $0.task(of: event.payload, at: event.timestamp, isLearning: learnsNames)
        }
        lines.order.begin(at: event.time.estimate)
        if !isOpen {
            guard window.admits(node: event.nodeIndex, cpu: event.cpu, at: event.time.estimate) else { return }
        }
        guard lines.admits(event, task: task) else { return }
        lines.appendDate(before: event.time.estimate)
        let place = lines.order.place(node: event.nodeIndex, event.time)
        if forest?.add(event, task: task, place, to: &lines) != true { lines.append(event, task: task, place) }
        if lines.text.count >= Self.flushSize { try flush() }
    }

    mutating func lost(_ count: UInt64?, node: NodeTimeline, cpu: UInt32, before time: MappedTime) throws {
        guard window.admits(node: node.index, cpu: cpu, at: time.estimate) else { return }
        forest?.lost(node: node.index, cpu: cpu, to: &lines)
        lines.appendLost(count, node: node.index, cpu: cpu, before: time)
    }

    mutating func notice(_ notice: TimelineNotice, node: NodeTimeline, at time: Int64) throws {
        guard window.shows(node: node.index) else { return }
        lines.append(notice, node: node.index, at: time)
    }

    /// Why the filter fits no event so far; nil when it fits some.
    var filterError: String? { lines.experience.filterError }

    /// How far the order of the lines is known.
    var tally: OrderTally { lines.order.tally }

    /// Writes everything: no more events come.
    ///
    /// - Throws: `OutputError` when the output cannot be written.
    mutating func finish() throws {
        forest?.end(to: &lines)
        lines.finish()
        try flush()
    }

    /// Writes the lines so far.
    ///
    /// - Throws: `OutputError` when the output cannot be written.
    mutating func flush() throws {
        try output.write(lines.text.bytes)
        lines.text.removeAll()
    }
}

/// Prints nothing: for a merge that only counts.
struct SilentSink: TimelineSink {
    private var order: LineOrder
    var tally: OrderTally { order.tally }

    init(_ layout: TimelineLayout) { order = LineOrder(isMarked: layout.marksOrder) }

    mutating func event(_ event: MergedEvent) { _ = order.place(node: event.nodeIndex, event.time) }
    mutating func lost(_ count: UInt64?, node: NodeTimeline, cpu: UInt32, before time: MappedTime) {}
    mutating func notice(_ notice: TimelineNotice, node: NodeTimeline, at time: Int64) {}
}
