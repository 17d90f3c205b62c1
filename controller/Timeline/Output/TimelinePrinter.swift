import EventFormat
import TraceClock
import TraceProtocol

/// Writes a merged timeline in one of the output formats. Owns one reused buffer; whoever drives the merge calls
/// `flush`.
final class TimelinePrinter: TimelineSink {
    private let format: OutputFormat
    private let filter: TimelineFilter
    private let output: OutputStream?
    private let description: WireSessionDescription
    private var text = TextBuffer(capacity: 256 << 10)
    private var wallTime = WallTime()
    private var firstTime: Int64?
    private let nodeWidth: Int
    private let showsNode: Bool
    private var conditions: ConditionTable?
    /// Events written.
    private(set) var written: UInt64 = 0

    private static let flushSize = 128 << 10

    /// - Parameter output: nil to print nothing.
    init(
        format: OutputFormat, filter: TimelineFilter, description: WireSessionDescription, output: OutputStream?
    ) {
        self.format = format
        self.filter = filter
        self.output = output
        self.description = description
        let shown = filter.nodes.isEmpty ? description.nodes : description.nodes.filter(filter.nodes.contains)
        nodeWidth = shown.map(\.utf8.count).max() ?? 0
        showsNode = shown.count > 1
        conditions = filter.condition.map { ConditionTable($0) }
        if format == .ftrace, !showsNode {
            FtraceLine.appendHeader(held: 0, written: 0, cpus: 0, to: &text)
        }
    }

    // MARK: Events

    func event(_ event: MergedEvent) throws {
        guard output != nil, isWanted(event) else { return }
        switch format {
        case .default: appendLine(event)
        case .ftrace: appendTraceLine(event)
        case .json: appendJSON(event)
        }
        written &+= 1
        if text.count >= Self.flushSize { try flush() }
    }

    private func isWanted(_ event: MergedEvent) -> Bool {
        guard isWanted(node: event.node, cpu: event.cpu, at: event.time.estimate) else { return false }
        return conditions?.holds(event) ?? true
    }

    private func isWanted(node: NodeTimeline, cpu: UInt32?, at time: Int64) -> Bool {
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
        case .epoch(let time): time &- description.epochOffset
        }
    }

    /// `12:00:01.000000123 ±8.1us web-1 [001] bash-1234 sched:sched_switch: prev_comm=...`
    private func appendLine(_ event: MergedEvent) {
        let catalog = event.node.decoding.catalog
        appendHead(event.time, event.node, event.cpu)
        let pid = catalog.commonFields.pid(of: event.payload) ?? 0
        let start = text.count
        event.node.decoding.names.append(pid, to: &text)
        text.replaceControlCharacters(from: start)
        text.append(UInt8(ascii: "-"))
        text.append(decimal: Int64(pid))
        text.pad(from: start, to: 22)
        text.append(UInt8(ascii: " "))
        if event.isLate { text.append("[late] ") }
        appendName(event, catalog)
        text.append(": ")
        let body = text.count
        catalog.render(
            event.payload, context: RenderContext(timestamp: event.timestamp, cpu: Int(event.cpu)), includingName: false,
            into: &text)
        text.replaceControlCharacters(from: body)
        text.append(UInt8(ascii: "\n"))
    }

    private func appendHead(_ time: MappedTime, _ node: NodeTimeline, _ cpu: UInt32?) {
        wallTime.append(time.estimate &+ description.epochOffset, to: &text)
        text.append(UInt8(ascii: " "))
        let start = text.count
        text.append(bound: time)
        // "±" is two bytes.
        text.pad(from: start, to: 9)
        text.append(UInt8(ascii: " "))
        let name = text.count
        text.append(node.name)
        text.pad(from: name, to: nodeWidth)
        text.append(UInt8(ascii: " "))
        guard let cpu else { return }
        text.append("[")
        text.append(decimal: UInt64(cpu), width: 3)
        text.append("] ")
    }

    private func appendName(_ event: MergedEvent, _ catalog: EventCatalog) {
        guard let type = catalog.commonFields.type(of: event.payload), let format = catalog.event(id: type)?.format else {
            text.append("unknown")
            return
        }
        text.append(format.system)
        text.append(UInt8(ascii: ":"))
        text.append(format.name)
    }

    /// As the kernel's `trace` file has it. The time is the node's own trace clock, or, where several nodes are shown,
    /// the controller's timeline, with the node's name in front.
    private func appendTraceLine(_ event: MergedEvent) {
        let catalog = event.node.decoding.catalog
        var timestamp = event.timestamp
        if showsNode {
            let start = text.count
            text.append(event.node.name)
            text.pad(from: start, to: nodeWidth)
            text.append(UInt8(ascii: " "))
            timestamp = UInt64(max(0, event.time.estimate))
        }
        let pid = catalog.commonFields.pid(of: event.payload) ?? 0
        var task = TextBuffer(capacity: 32)
        event.node.decoding.names.append(pid, to: &task)
        FtraceLine.appendPrefix(
            task: task.bytes, pid: pid, cpu: Int(event.cpu),
            flags: catalog.commonFields.latencyFlags(of: event.payload) ?? LatencyFlags(flags: 0, preemptCount: 0),
            timestamp: timestamp, to: &text)
        catalog.render(
            event.payload, context: RenderContext(timestamp: event.timestamp, cpu: Int(event.cpu)), into: &text)
        text.append(UInt8(ascii: "\n"))
    }

    private func appendJSON(_ event: MergedEvent) {
        let catalog = event.node.decoding.catalog
        text.append("{\"type\":\"event\",")
        appendTimes(event.time)
        appendPlace(event.node, event.cpu)
        let pid = catalog.commonFields.pid(of: event.payload) ?? 0
        text.append(",\"pid\":")
        text.append(decimal: Int64(pid))
        text.append(",\"comm\":")
        text.append(json: event.node.decoding.names.text(of: pid))
        text.append(",\"event\":\"")
        appendName(event, catalog)
        text.append("\",\"fields\":")
        catalog.renderFieldsJSON(event.payload, into: &text)
        text.append(",\"text\":")
        var rendered = TextBuffer(capacity: 512)
        catalog.render(
            event.payload, context: RenderContext(timestamp: event.timestamp, cpu: Int(event.cpu)), into: &rendered)
        text.append(jsonString: rendered.bytes)
        if event.isLate { text.append(",\"late\":true") }
        text.append("}\n")
    }

    /// Times are strings: ns since the epoch need 61 bits, and many JSON readers keep 53.
    private func appendTimes(_ time: MappedTime) {
        text.append("\"time_ns\":\"")
        text.append(decimal: time.estimate &+ description.epochOffset)
        text.append("\",\"lo_ns\":")
        append(bound: time.lower, isKnown: time.bound.isBounded)
        text.append(",\"hi_ns\":")
        append(bound: time.upper, isKnown: time.bound.isBounded)
    }

    private func append(bound: Int64, isKnown: Bool) {
        guard isKnown else { return text.append("null") }
        text.append("\"")
        text.append(decimal: bound &+ description.epochOffset)
        text.append("\"")
    }

    private func appendPlace(_ node: NodeTimeline, _ cpu: UInt32) {
        text.append(",\"node\":")
        text.append(json: node.name)
        text.append(",\"cpu\":")
        text.append(decimal: UInt64(cpu))
    }

    // MARK: What is not an event

    func lost(_ count: UInt64?, node: NodeTimeline, cpu: UInt32, before time: MappedTime) throws {
        guard isWanted(node: node, cpu: cpu, at: time.estimate) else { return }
        switch format {
        case .default:
            appendHead(time, node, cpu)
            text.append("LOST ")
            if let count { text.append(decimal: count) } else { text.append("an unknown number of") }
            text.append(" events\n")
        case .ftrace:
            if showsNode {
                text.append(node.name)
                text.append(UInt8(ascii: " "))
            }
            FtraceLine.appendLost(cpu: Int(cpu), count: count, to: &text)
        case .json:
            text.append("{\"type\":\"lost\",")
            appendTimes(time)
            appendPlace(node, cpu)
            text.append(",\"count\":")
            if let count { text.append(decimal: count) } else { text.append("null") }
            text.append("}\n")
        }
    }

    func notice(_ notice: TimelineNotice, node: NodeTimeline, at time: Int64) throws {
        if !filter.nodes.isEmpty, !filter.nodes.contains(node.name) { return }
        guard let (kind, words) = Self.words(for: notice) else { return }
        switch format {
        case .default, .ftrace:
            text.append("# ")
            wallTime.append(time &+ description.epochOffset, to: &text)
            text.append(UInt8(ascii: " "))
            text.append(node.name)
            text.append(": ")
            let start = text.count
            text.append(words)
            text.replaceControlCharacters(from: start)
            text.append("\n")
        case .json:
            text.append("{\"type\":\"")
            text.append(kind)
            text.append("\",\"time_ns\":\"")
            text.append(decimal: time &+ description.epochOffset)
            text.append("\",\"node\":")
            text.append(json: node.name)
            text.append(",\"text\":")
            text.append(json: words)
            text.append("}\n")
        }
    }

    private static func words(for notice: TimelineNotice) -> (kind: String, words: String)? {
        switch notice {
        case .stalled: ("stalled", "silent since then; the timeline goes on without it")
        case .recovered: ("recovered", "speaks again; what is older than the timeline comes marked as late")
        case .lost(let reason): ("disconnected", reason)
        case .returned: ("reconnected", "connected again; nothing was lost by it")
        case .refused(let reason): ("refused", "takes no part: \(reason)")
        case .gaveUp(let reason): ("ended", "its part ends here: \(reason)")
        case .damaged(let reason): ("damaged", reason)
        case .ended: nil
        }
    }

    /// Why the filter lets nothing through, when that is a mistake in it.
    var mistake: String? { conditions?.mistake }

    // MARK: Output

    /// Writes what has gathered.
    ///
    /// - Throws: `OutputClosed` when nobody reads any more.
    func flush() throws {
        try output?.write(text.bytes)
        text.removeAll()
    }
}
