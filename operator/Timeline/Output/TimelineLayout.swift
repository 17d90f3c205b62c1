import EventFormat
import TraceProtocol

/// What is the same for all lines of a timeline. Constant, so that several threads may write lines.
final class TimelineLayout: Sendable {
    let format: OutputFormat
    /// The nodes' names by index.
    let names: [String]
    let nodes: NodeLabels
    /// Whether lines of the kernel's form say which node they are from.
    let showsNode: Bool
    /// Whether lines say that their order is not known: several nodes are shown, and their clocks were probed. Of
    /// recordings alone, no order between them is known.
    let marksOrder: Bool
    /// Whether JSON states the time stamps themselves: they are of a clock that somebody has chosen.
    let statesStamps: Bool
    /// ns from the timeline to the epoch; nil where no time of day is known, and times are those of a trace clock.
    let epochOffset: Int64?
    let filter: TimelineFilter
    let times: TimeDisplay
    /// What a `trace` file's head says of the buffer.
    let head: Head
    /// Somebody reads the lines on a terminal, which must not obey them: not even `ftrace` is the kernel's bytes then.
    let isForTerminal: Bool

    /// What the head of the kernel's `trace` file says. Nil is what is not known.
    struct Head: Sendable {
        /// The tracer that fills the buffer; without it, the first event decides.
        var tracer: KernelTracer?
        /// Events that the buffer holds.
        var held: UInt64?
        /// Events that were ever written to it.
        var written: UInt64?
        /// CPUs that are online.
        var cpus: Int?
        /// The columns of a buffer without events.
        var columns: FtraceColumns?
        /// Events are still to happen.
        var isLive = false
    }

    init(
        format: OutputFormat, filter: TimelineFilter, nodes names: [String], epochOffset: Int64?, head: Head = Head(),
        times: TimeDisplay = TimeDisplay(), hasClocks: Bool = true, statesStamps: Bool = false, output: OutputStream?
    ) {
        self.format = format
        self.filter = filter
        self.times = times
        self.statesStamps = statesStamps
        self.names = names
        self.epochOffset = epochOffset
        self.head = head
        isForTerminal = output?.isTerminal ?? false
        let shown =
            filter.nodes.isEmpty || filter.includesOthers ? names : names.filter(filter.nodes.contains)
        nodes = NodeLabels(names, width: shown.map(\.utf8.count).max() ?? 0)
        showsNode = shown.count > 1
        marksOrder = showsNode && hasClocks
    }

    /// A session's.
    convenience init(
        format: OutputFormat, filter: TimelineFilter, description: WireSessionDescription, times: TimeDisplay,
        output: OutputStream
    ) {
        self.init(
            format: format, filter: filter, nodes: description.nodes, epochOffset: description.epochOffset,
            head: Head(tracer: description.tracer, isLive: true), times: times,
            statesStamps: description.clockSource != .monoRaw, output: output)
    }

    var window: EventWindow { EventWindow(filter, nodes: names, epochOffset: epochOffset, times) }

    /// Lines of the kernel's form need bounds for their mark alone.
    var wantsBounds: Bool { format != .ftrace || marksOrder }

    /// Lines are those of one node's `trace` file, and have its head.
    var isKernelText: Bool { format == .ftrace && !showsNode }

    /// Lines of the kernel's form name tasks as the kernel would; others use every name that is known.
    var learnsNames: Bool { format != .ftrace }
}
