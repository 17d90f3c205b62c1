import EventFormat
import TraceClock

extension TimelinePrinter {
    mutating func appendJSON(_ event: MergedEvent) {
        event.withRenderer { appendJSON(event, $0) }
    }

    private mutating func appendJSON(_ event: MergedEvent, _ renderer: NodeRenderer) {
        text.append("{\"type\":\"event\",")
        appendTimes(event.time)
        appendPlace(event.nodeIndex, event.cpu)
        let pid = renderer.common.pid(of: event.payload) ?? 0
        text.append(",\"pid\":")
        text.append(decimal: Int64(pid))
        text.append(",\"comm\":")
        scratch.removeAll()
        renderer.tasks.append(pid, to: &scratch)
        text.append(jsonString: scratch.bytes)
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
        text.append("}\n")
    }

    /// Times are strings: ns since the epoch need 61 bits, and many JSON readers keep 53.
    mutating func appendTimes(_ time: MappedTime) {
        text.append("\"time_ns\":\"")
        text.append(decimal: time.estimate &+ epochOffset)
        text.append("\",\"lo_ns\":")
        append(bound: time.lower, isKnown: time.bound.isBounded)
        text.append(",\"hi_ns\":")
        append(bound: time.upper, isKnown: time.bound.isBounded)
    }

    private mutating func append(bound: Int64, isKnown: Bool) {
        guard isKnown else { return text.append("null") }
        text.append("\"")
        text.append(decimal: bound &+ epochOffset)
        text.append("\"")
    }

    mutating func appendPlace(_ node: Int, _ cpu: UInt32) {
        text.append(",\"node\":")
        nodes.appendJSON(of: node, to: &text)
        text.append(",\"cpu\":")
        text.append(decimal: UInt64(cpu))
    }
}
