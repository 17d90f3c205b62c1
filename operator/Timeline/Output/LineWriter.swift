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
    var wallTime = WallTime()
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

    /// Appends the event's line if the condition holds for it.
    @inline(__always)
    mutating func append(_ event: MergedEvent, task: TaskName) {
        guard admits(event, task: task) else { return }
        switch format {
        case .default, .graph: appendLine(event, task)
        case .ftrace:
            if let graph { graph.append(event, task: task, to: &self) } else { appendTraceLine(event, task) }
        case .json: appendJSON(event, task)
        }
    }

    /// Whether it is wanted by its task and its fields.
    @inline(__always)
    mutating func admits(_ event: MergedEvent, task: TaskName) -> Bool {
        if let tasks {
            guard tasks.admits(event, task) else { return false }
        }
        return conditions?.holds(event, task: task) ?? true
    }

    /// Appends a time as people read it: of the day, or s of the trace clock where that is unknown.
    mutating func append(time: Int64) {
        TimeText.append(time, epochOffset: hasTimeOfDay ? epochOffset : nil, &wallTime, to: &text)
    }
}
