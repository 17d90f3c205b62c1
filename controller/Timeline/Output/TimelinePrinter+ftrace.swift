import EventFormat

extension TimelinePrinter {
    /// As the kernel's `trace` file has it. The time is the node's own trace clock, or, where several nodes are shown,
    /// the controller's timeline, with the node's name in front.
    mutating func appendTraceLine(_ event: MergedEvent) {
        event.withRenderer { appendTraceLine(event, $0) }
    }

    private mutating func appendTraceLine(_ event: MergedEvent, _ renderer: NodeRenderer) {
        var timestamp = event.timestamp
        if showsNode {
            nodes.appendColumn(of: event.nodeIndex, to: &text)
            timestamp = UInt64(max(0, event.time.estimate))
        }
        let pid = renderer.common.pid(of: event.payload) ?? 0
        scratch.removeAll()
        renderer.tasks.append(pid, to: &scratch)
        FtraceLine.appendPrefix(
            task: scratch.bytes, pid: pid, cpu: Int(event.cpu),
            flags: renderer.common.latencyFlags(of: event.payload) ?? LatencyFlags(flags: 0, preemptCount: 0),
            timestamp: timestamp, to: &text)
        renderer.catalog.render(
            event.payload, context: RenderContext(timestamp: event.timestamp, cpu: Int(event.cpu)), into: &text)
        text.append(UInt8(ascii: "\n"))
    }
}
