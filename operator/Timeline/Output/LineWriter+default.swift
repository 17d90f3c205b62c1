import EventFormat
import TraceClock

extension LineWriter {
    /// `~12:00:01.000000123 ±8.1us web-1 [001] bash-1234 sched:sched_switch: prev_comm=...`
    mutating func appendLine(_ event: MergedEvent, _ task: TaskName, _ place: LinePlace) {
        event.withRenderer { appendLine(event, task, place, $0) }
    }

    private mutating func appendLine(
        _ event: MergedEvent, _ task: TaskName, _ place: LinePlace, _ renderer: NodeRenderer
    ) {
        appendHead(event.time, event.nodeIndex, event.cpu, place)
        let start = text.count
        appendTask(task, renderer.common.pid(of: event.payload) ?? 0)
        text.pad(from: start, to: 22)
        text.append(UInt8(ascii: " "))
        if event.isLate { text.append("[late] ") }
        renderer.eventNames.append(renderer.common.type(of: event.payload), to: &text)
        text.append(": ")
        let body = text.count
        renderer.catalog.render(
            event.payload, context: RenderContext(timestamp: event.timestamp, cpu: Int(event.cpu)),
            includingName: false,
            into: &text)
        text.makeSafe(from: body)
        text.append(UInt8(ascii: "\n"))
    }

    /// `bash-1234`
    mutating func appendTask(_ task: TaskName, _ pid: Int32) {
        let start = text.count
        text.append(task)
        // Any process may choose its name.
        text.makeSafe(from: start)
        text.append(UInt8(ascii: "-"))
        text.append(decimal: Int64(pid))
    }

    /// Whether the order is known, where there are several nodes; time, bound, node and CPU.
    mutating func appendHead(_ time: MappedTime, _ node: Int, _ cpu: UInt32, _ place: LinePlace) {
        if layout.marksOrder { text.append(UInt8(ascii: place.isConcurrent ? "~" : " ")) }
        if layout.times.isRelative { text.append(seconds: place.sinceFirst) } else { append(time: time.estimate) }
        text.append(UInt8(ascii: " "))
        if layout.times.hasDelta {
            if place.sinceLast >= 0 { text.append(UInt8(ascii: "+")) }
            text.append(seconds: place.sinceLast)
            text.append(UInt8(ascii: " "))
        }
        let start = text.count
        text.append(bound: time)
        // "±" is two bytes.
        text.pad(from: start, to: 9)
        text.append(UInt8(ascii: " "))
        nodes.appendColumn(of: node, to: &text)
        text.append(UInt8(ascii: "["))
        text.append(decimal: UInt64(cpu), width: 3)
        text.append("] ")
    }
}
