import EventFormat
import TraceClock

extension LineWriter {
    /// As the kernel's `trace` file has it. The time is the node's own trace clock, or, where several nodes are shown,
    /// the timeline's, with a mark and the node's name in front. On a terminal each event is one safe line; elsewhere it is the
    /// kernel's bytes.
    @inline(__always)
    mutating func appendTraceLine(_ event: MergedEvent, _ task: TaskName, _ place: LinePlace) {
        event.withRenderer { appendTraceLine(event, task, place, $0) }
    }

    @inline(__always)
    private mutating func appendTraceLine(
        _ event: MergedEvent, _ task: TaskName, _ place: LinePlace, _ renderer: NodeRenderer
    ) {
        var timestamp = event.timestamp
        let start = text.count
        if showsNode {
            if layout.marksOrder { appendOrderMark(event.time, place) }
            nodes.appendColumn(of: event.nodeIndex, to: &text)
            timestamp = UInt64(max(0, event.time.estimate))
        }
        let pid = renderer.common.pid(of: event.payload) ?? 0
        let flags = renderer.common.latencyFlags(of: event.payload) ?? LatencyFlags(flags: 0, preemptCount: 0)
        let columns = renderer.catalog.columns
        if showsNode || renderer.countsInNanoseconds {
            prefixes.append(
                task: task.padded, nameLength: task.count, pid: pid, cpu: event.cpu, flags: flags,
                timestamp: timestamp, columns: columns, to: &text)
        } else {
            task.withBytes { name in
                FtraceLine.appendPrefix(
                    task: name, pid: pid, cpu: Int(event.cpu), flags: flags, timestamp: timestamp,
                    countsInNanoseconds: false, columns: columns, to: &text)
            }
        }
        renderer.catalog.render(
            event.payload, context: RenderContext(timestamp: event.timestamp, cpu: Int(event.cpu)), into: &text)
        if layout.isForTerminal { text.makeSafe(from: start) }
        text.append(UInt8(ascii: "\n"))
    }

    /// These lines have no bound: `?` where it is not certain, `~` where another node's bound overlaps.
    private mutating func appendOrderMark(_ time: MappedTime, _ place: LinePlace) {
        guard time.quality == .bounded else { return text.append(UInt8(ascii: "?")) }
        text.append(UInt8(ascii: place.isConcurrent ? "~" : " "))
    }
}
