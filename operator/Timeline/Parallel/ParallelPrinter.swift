import EventFormat
import TraceClock
import TraceProtocol

/// Collects a merged timeline in blocks, which several threads render: the same lines in the same order as
/// `TimelinePrinter` writes. What depends on the order (names of tasks, the first event's time, which lines there are and
/// how each stands to those above) is decided here, on the thread that merges.
struct ParallelPrinter: ~Copyable, TimelineSink {
    private let renderers: RenderPool
    private let pages: PagePool
    private var block: LineBlock
    private var entries: UnsafeMutablePointer<LineBlock.Entry>
    private var filled = 0
    /// For lines that are not events, and for rendering while it waits.
    private var lines: LineWriter
    private var window: EventWindow
    private let isOpen: Bool
    private let learnsNames: Bool
    let wantsBounds: Bool

    /// Bytes of pages that may wait for a block to be rendered.
    private static let mostRetired = 4 << 20

    /// - Parameters:
    ///   - pages: of the merge; events stay readable until their block is written.
    ///   - threads: how many work, this one included.
    /// - Throws: `ThreadError`.
    init(_ layout: TimelineLayout, output: OutputStream, pages: PagePool, threads: Int) throws {
        let renderers = try RenderPool(layout, output: output, threads: threads)
        var lines = LineWriter(layout)
        let first = try renderers.nextBlock(&lines)
        self.renderers = renderers
        self.lines = lines
        block = first
        entries = first.entries
        self.pages = pages
        pages.keepsRetired = true
        window = layout.window
        isOpen = window.isOpen
        learnsNames = layout.learnsNames
        wantsBounds = layout.wantsBounds
    }

    /// The threads use memory of the merge until they have ended.
    deinit { renderers.stop() }

    mutating func event(_ event: MergedEvent) throws {
        if lines.needsHead {
            lines.appendHead(before: event)
            moveLines()
        }
        let task = event.withRenderer {
            $0.task(of: event.payload, at: event.timestamp, isLearning: learnsNames)
        }
        lines.order.begin(at: event.time.estimate)
        if !isOpen {
            guard window.admits(node: event.nodeIndex, cpu: event.cpu, at: event.time.estimate) else { return }
        }
        guard lines.admits(event, task: task) else { return }
        lines.appendDate(before: event.time.estimate)
        if lines.text.count > 0 { moveLines() }
        let place = lines.order.place(node: event.nodeIndex, event.time)
        (entries + filled).initialize(to: LineBlock.Entry(event: event, task: task, place: place))
        filled &+= 1
        if filled == LineBlock.capacity || pages.retiredBytes > Self.mostRetired { try turnOver() }
    }

    mutating func lost(_ count: UInt64?, node: NodeTimeline, cpu: UInt32, before time: MappedTime) throws {
        guard window.admits(node: node.index, cpu: cpu, at: time.estimate) else { return }
        lines.appendLost(count, node: node.index, cpu: cpu, before: time)
        moveLines()
    }

    mutating func notice(_ notice: TimelineNotice, node: NodeTimeline, at time: Int64) throws {
        guard window.shows(node: node.index) else { return }
        lines.append(notice, node: node.index, at: time)
        moveLines()
    }

    private mutating func moveLines() {
        block.append(lines: lines.text.bytes, before: filled)
        lines.text.removeAll()
    }

    /// Hands the block over and takes another one.
    private mutating func turnOver() throws {
        submit()
        block = try renderers.nextBlock(&lines)
        // A block is free again when it and all earlier ones are written.
        if let retired = block.retired { pages.reclaim(retired) }
        block.removeAll()
        entries = block.entries
    }

    private mutating func submit() {
        block.count = filled
        block.retired = pages.collectRetired()
        renderers.submit(block)
        filled = 0
    }

    /// Waits until everything is written.
    ///
    /// - Returns: why the filter fits no event; nil when it fits some.
    /// - Throws: `OutputError` when the output cannot be written.
    mutating func finish() throws -> String? {
        lines.finish()
        moveLines()
        submit()
        renderers.finish(&lines)
        pages.keepsRetired = false
        if let failure = renderers.failure { throw failure }
        return lines.experience.filterError
    }

    /// How far the order of the lines is known.
    var tally: OrderTally { lines.order.tally }
}
