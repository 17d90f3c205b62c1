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
    private var conditions: ConditionTable?
    private let tasks: TaskSelection?

    init(_ layout: TimelineLayout) {
        self.layout = layout
        format = layout.format
        showsNode = layout.showsNode
        epochOffset = layout.epochOffset ?? 0
        hasTimeOfDay = layout.epochOffset != nil
        conditions = layout.filter.condition.map { ConditionTable($0) }
        tasks = TaskSelection(layout.filter, nodes: layout.names)
    }

    /// What compiling the condition has shown so far.
    var experience: ConditionTable.Experience { conditions?.experience ?? ConditionTable.Experience() }

    /// Appends the head of the output: `--format ftrace` of one node has one.
    mutating func appendHead() {
        guard format == .ftrace, !showsNode else { return }
        FtraceLine.appendHeader(
            held: layout.head.held, written: layout.head.written, cpus: layout.head.cpus, to: &text)
    }

    /// Appends the event's line if the condition holds for it.
    @inline(__always)
    mutating func append(_ event: MergedEvent, task: TaskName) {
        if let tasks {
            guard tasks.admits(event, task) else { return }
        }
        if conditions != nil {
            guard conditions?.holds(event, task: task) ?? true else { return }
        }
        switch format {
        case .default: appendLine(event, task)
        case .ftrace: appendTraceLine(event, task)
        case .json: appendJSON(event, task)
        }
    }

    /// Appends a time as people read it: of the day, or s of the trace clock where that is unknown.
    mutating func append(time: Int64) {
        TimeText.append(time, epochOffset: hasTimeOfDay ? epochOffset : nil, &wallTime, to: &text)
    }
}
