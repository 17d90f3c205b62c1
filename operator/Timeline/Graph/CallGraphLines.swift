import EventFormat
import TraceClock

/// The events of one node on their way into the tree that its kernel's function_graph tracer draws. Confined to one
/// thread.
final class CallGraphLines {
    /// An event, kept beyond the call that handed it out.
    final class HeldEvent {
        let node: NodeTimeline
        let renderer: NodeRenderer
        let cpu: UInt32
        let timestamp: UInt64
        let task: TaskName
        let bytes: [UInt8]

        init(_ event: MergedEvent, task: TaskName) {
            node = event.node
            renderer = event.withRenderer { $0 }
            cpu = event.cpu
            timestamp = event.timestamp
            self.task = task
            bytes = Array(event.payload)
        }

        /// Runs `body` with the event as it was.
        func withEvent(_ body: (MergedEvent) -> Void) {
            bytes.withUnsafeBytes { payload in
                body(
                    MergedEvent(
                        node: node, renderer: renderer, cpu: cpu,
                        time: .unknown(agentTime: NodeTimeline.stamp(timestamp)),
                        timestamp: timestamp,
                        payload: payload, isLate: false))
            }
        }
    }

    private enum Item {
        case event(HeldEvent)
        /// A finished line.
        case line([UInt8])
    }

    /// Events that may wait for the end of one call.
    private static let mostHeld = 1 << 16
    /// How far behind the newest event a live tree may be, ns: a CPU that sleeps in a call must not hold up the others.
    private static let longestWait: UInt64 = 2_000_000_000

    private var order = CallGraphOrder<Item>()
    private var graph: CallGraphText
    private let isLive: Bool

    /// - Parameter isLive: whether events are still to happen.
    init(_ renderer: NodeRenderer, cpuCount: Int, isForTerminal: Bool, isLive: Bool) {
        graph = CallGraphText(renderer.catalog, cpuCount: cpuCount, isForTerminal: isForTerminal)
        self.isLive = isLive
    }

    /// Adds an event, and appends the lines that can be drawn by then.
    func append(_ event: MergedEvent, task: TaskName, to writer: inout LineWriter) {
        event.withRenderer { graph.use($0.catalog) }
        let records = graph.records
        let isEntry = records.kind(of: event.payload) == .entry
        order.append(.event(HeldEvent(event, task: task)), cpu: event.cpu, isEntry: isEntry) { before in
            guard case .event(let entry) = before else { return false }
            return entry.bytes.withUnsafeBytes { records.isEnd(event.payload, of: $0) }
        }
        if order.count > Self.mostHeld { order.settle() }
        if isLive, case .event(let oldest) = order.oldest,
            event.timestamp > oldest.timestamp &+ Self.longestWait
        {
            order.settle()
        }
        draw(into: &writer)
    }

    /// Adds a finished line, which stands between the events.
    func append(line: [UInt8], to writer: inout LineWriter) {
        order.append(.line(line))
        draw(into: &writer)
    }

    /// Draws what still waits: no more events come.
    func finish(into writer: inout LineWriter) {
        order.settle()
        draw(into: &writer)
    }

    private func draw(into writer: inout LineWriter) {
        while let line = order.next() {
            switch line.item {
            case .line(let bytes): bytes.withUnsafeBytes { writer.text.append($0) }
            case .event(let event):
                var end: HeldEvent?
                if case .event(let last) = line.end { end = last }
                draw(event, end: end, into: &writer)
            }
        }
    }

    private func draw(_ event: HeldEvent, end: HeldEvent?, into writer: inout LineWriter) {
        let names = event.renderer.tasks
        let naming: CallGraphText.TaskNaming = { pid, out in out.append(names.name(of: pid)) }
        event.bytes.withUnsafeBytes { record in
            switch graph.records.kind(of: record) {
            case .entry:
                if let end {
                    end.bytes.withUnsafeBytes {
                        graph.appendCall(record, end: $0, cpu: event.cpu, naming: naming, to: &writer.text)
                    }
                } else {
                    graph.appendCall(record, end: nil, cpu: event.cpu, naming: naming, to: &writer.text)
                }
            case .exit: graph.appendReturn(record, cpu: event.cpu, naming: naming, to: &writer.text)
            case .plain: event.withEvent { writer.appendTraceLine($0, event.task, LinePlace()) }
            case .comment:
                let context = RenderContext(timestamp: event.timestamp, cpu: Int(event.cpu))
                graph.appendComment(record, context: context, naming: naming, to: &writer.text)
            }
        }
    }
}
