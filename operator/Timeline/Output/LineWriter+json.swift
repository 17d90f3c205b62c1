import EventFormat
import TraceClock

extension LineWriter {
    mutating func appendJSON(_ event: MergedEvent, _ task: TaskName, _ place: LinePlace) {
        event.withRenderer { appendJSON(event, task, place, $0) }
    }

    private mutating func appendJSON(
        _ event: MergedEvent, _ task: TaskName, _ place: LinePlace, _ renderer: NodeRenderer
    ) {
        text.append("{\"type\":\"event\",")
        appendTimes(event.time)
        appendNodeAndCPU(event.nodeIndex, event.cpu)
        if layout.statesStamps {
            text.append(",\"stamp_ns\":\"")
            text.append(decimal: event.timestamp)
            text.append("\"")
        }
        text.append(",\"pid\":")
        text.append(decimal: Int64(renderer.common.pid(of: event.payload) ?? 0))
        text.append(",\"comm\":")
        task.withBytes { text.append(jsonString: $0) }
        text.append(",\"event\":\"")
        renderer.eventNames.append(renderer.common.type(of: event.payload), to: &text)
        text.append("\",\"fields\":")
        renderer.catalog.renderFieldsJSON(event.payload, into: &text)
        text.append(",\"text\":")
        scratch.removeAll()
        renderer.catalog.render(
            event.payload, context: RenderContext(timestamp: event.timestamp, cpu: Int(event.cpu)), into: &scratch)
        text.append(jsonString: scratch.bytes)
        if event.isLate { text.append(",\"late\":true") }
        if place.isConcurrent { text.append(",\"concurrent\":true") }
        text.append("}\n")
    }

    /// Times are strings: ns since the epoch need 61 bits, and many JSON readers keep 53.
    mutating func appendTimes(_ time: MappedTime) {
        appendTime(time.estimate)
        text.append(",\"lo_ns\":")
        append(bound: time.lower, isKnown: time.bound.isBounded)
        text.append(",\"hi_ns\":")
        append(bound: time.upper, isKnown: time.bound.isBounded)
        text.append(",\"quality\":\"")
        text.append(time.quality.word)
        text.append("\"")
    }

    /// The time of day, or that of the trace clock under another name.
    mutating func appendTime(_ time: Int64) {
        if hasTimeOfDay { text.append("\"time_ns\":\"") } else { text.append("\"time_ns\":null,\"clock_ns\":\"") }
        text.append(decimal: time &+ epochOffset)
        text.append("\"")
    }

    private mutating func append(bound: Int64, isKnown: Bool) {
        guard isKnown else { return text.append("null") }
        text.append("\"")
        text.append(decimal: bound &+ epochOffset)
        text.append("\"")
    }

    mutating func appendNodeAndCPU(_ node: Int, _ cpu: UInt32) {
        text.append(",\"node\":")
        nodes.appendJSON(of: node, to: &text)
        text.append(",\"cpu\":")
        text.append(decimal: UInt64(cpu))
    }
}
