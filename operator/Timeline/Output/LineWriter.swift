import EventFormat

/// Writes events as lines in one of the output formats, into a buffer that is reused.
///
/// Not copyable: with a single owner, appending to the buffer needs no check for uniqueness.
struct LineWriter: ~Copyable {
    let layout: TimelineLayout
    let format: OutputFormat
    let showsNode: Bool
    let epochOffset: Int64
    /// Lines state the time of day.
    let hasTimeOfDay: Bool
    var nodes: NodeLabels { layout.nodes }
    var text = TextBuffer(capacity: 256 << 10)
    /// Text that is to be quoted into a line.
    var scratch = TextBuffer(capacity: 4096)
    var wallTime: WallTime
    /// Of the lines so far, for whoever decides which lines there are.
    var order: LineOrder
    private var date: DateLine
    var prefixes = FtracePrefixes()
    /// Whether the head is still to come.
    private(set) var needsHead: Bool
    /// Where the node's tracer draws trees.
    private(set) var graph: CallGraphLines?
    private var conditions: ConditionTable?
    private let tasks: TaskSelection?

    init(_ layout: TimelineLayout) {
        self.layout = layout
        format = layout.format
        showsNode = layout.showsNode
        epochOffset = layout.epochOffset ?? 0
        needsHead = layout.isKernelText
        hasTimeOfDay = layout.epochOffset != nil
        wallTime = WallTime(isUTC: layout.times.isUTC)
        order = LineOrder(isMarked: layout.marksOrder)
        date = DateLine(isUTC: layout.times.isUTC, isStated: layout.epochOffset != nil && layout.format.isForPeople)
        conditions = layout.filter.condition.map { ConditionTable($0) }
        tasks = TaskSelection(layout.filter, nodes: layout.names)
    }

    /// What compiling the condition has shown so far.
    var experience: ConditionTable.Experience { conditions?.experience ?? ConditionTable.Experience() }

    /// Appends the head of the output before its first line: `--format ftrace` of one node has one. What it says
    /// depends on the node's kernel, which is known when an event comes.
    mutating func appendHead(before event: MergedEvent) {
        let (columns, tracer, graph) = event.withRenderer { renderer in
            let name = renderer.catalog.event(id: renderer.common.type(of: event.payload) ?? -1)?.format.fullName
            let tracer = layout.head.tracer ?? KernelTracer(event: name ?? "")
            let possible = Int(event.node.decoding.host.possibleCpus)
            let graph =
                tracer == .functionGraph
                ? CallGraphLines(
                    renderer, cpuCount: possible > 0 ? possible : layout.head.cpus ?? 1,
                    isForTerminal: layout.isForTerminal,
                    isLive: layout.head.isLive) : nil
            return (renderer.catalog.columns, tracer, graph)
        }
        self.graph = graph
        let online = Int(event.node.decoding.host.onlineCpus)
        appendHead(tracer, columns, cpus: layout.head.cpus ?? (online > 0 ? online : nil))
    }

    /// Appends the head of an output without events, and what waits.
    mutating func finish() {
        if needsHead {
            appendHead(layout.head.tracer ?? .nop, layout.head.columns ?? .lazyReschedule, cpus: layout.head.cpus)
        }
        if let graph { graph.finish(into: &self) }
    }

    private mutating func appendHead(_ tracer: KernelTracer, _ columns: FtraceColumns, cpus: Int?) {
        needsHead = false
        if tracer == .functionGraph { return CallGraphText.appendHeader(to: &text) }
        var counts: (held: UInt64, written: UInt64)?
        if let held = layout.head.held, let written = layout.head.written { counts = (held, written) }
        FtraceLine.appendHeader(
            tracer: tracer.rawValue, counts: counts, cpus: cpus, columns: columns, to: &text)
    }

    /// Appends the event's line.
    @inline(__always)
    mutating func append(_ event: MergedEvent, task: TaskName, _ place: LinePlace) {
        switch format {
        case .default, .graph: appendLine(event, task, place)
        case .ftrace:
            if let graph { graph.append(event, task: task, to: &self) } else { appendTraceLine(event, task, place) }
        case .json: appendJSON(event, task, place)
        }
    }

    /// Appends a line with the day and the zone before a line of this time, where it says something new.
    @inline(__always)
    mutating func appendDate(before time: Int64) {
        guard let day = date.next(before: time &+ epochOffset) else { return }
        appendDate(day, time)
    }

    private mutating func appendDate(_ day: String, _ time: Int64) {
        text.append("# ")
        text.append(day)
        guard layout.times.isRelative else { return text.append("\n") }
        // Times are seconds, and the day says since when.
        date.end()
        text.append("; seconds since ")
        TimeText.append(order.origin ?? time, epochOffset: epochOffset, &wallTime, to: &text)
        text.append("\n")
    }

    /// Whether it is wanted by its task and its fields.
    @inline(__always)
    mutating func admits(_ event: MergedEvent, task: TaskName) -> Bool {
        if let tasks {
            guard tasks.admits(event, task) else { return false }
        }
        return conditions?.holds(event, task: task) ?? true
    }

    /// Appends a time as people read it: of the day, or s of the trace clock where that is unknown, or s since the first
    /// event.
    mutating func append(time: Int64) {
        if layout.times.isRelative { return text.append(seconds: order.place(of: time).sinceFirst) }
        TimeText.append(time, epochOffset: hasTimeOfDay ? epochOffset : nil, &wallTime, to: &text)
    }
}
