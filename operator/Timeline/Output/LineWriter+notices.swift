import EventFormat
import TraceClock
import TraceProtocol

/// Lines that are not events.
extension LineWriter {
    /// Events were lost before the one at `time`; nil when the kernel did not say how many.
    mutating func appendLost(_ count: UInt64?, node: Int, cpu: UInt32, before time: MappedTime) {
        switch format {
        case .default:
            appendHead(time, node, cpu)
            text.append("LOST ")
            if let count { text.append(decimal: count) } else { text.append("an unknown number of") }
            text.append(" events\n")
        case .ftrace:
            if showsNode { nodes.appendColumn(of: node, to: &text) }
            FtraceLine.appendLost(cpu: Int(cpu), count: count, to: &text)
        case .json:
            text.append("{\"type\":\"lost\",")
            appendTimes(time)
            appendNodeAndCPU(node, cpu)
            text.append(",\"count\":")
            if let count { text.append(decimal: count) } else { text.append("null") }
            text.append("}\n")
        }
    }

    mutating func append(_ notice: TimelineNotice, node: Int, at time: Int64) {
        let (kind, words) = notice.text
        switch format {
        case .default, .ftrace:
            text.append("# ")
            append(time: time)
            text.append(UInt8(ascii: " "))
            let start = text.count
            text.append(layout.names[node])
            text.append(": ")
            if case .gap(let gap) = notice { append(spanOf: gap) }
            text.append(words)
            text.makeSafe(from: start)
            text.append("\n")
        case .json:
            text.append("{\"type\":\"")
            text.append(kind)
            text.append("\",")
            appendTime(time)
            if case .gap(let gap) = notice { appendJSON(spanOf: gap) }
            text.append(",\"node\":")
            nodes.appendJSON(of: node, to: &text)
            text.append(",\"text\":")
            text.append(json: words)
            text.append("}\n")
        }
    }

    /// `no record from here until 12:00:01.000000000 (0.500 s): `
    private mutating func append(spanOf gap: WireRecordingGap) {
        guard gap.from != 0 else { return text.append("no record up to here: ") }
        text.append("no record from here ")
        guard gap.to != 0 else { return text.append("on: ") }
        text.append("until ")
        append(time: gap.to)
        text.append(" (")
        text.append(gap.lengthText)
        text.append("): ")
    }

    /// Its end. `time_ns` is its beginning where that is known.
    private mutating func appendJSON(spanOf gap: WireRecordingGap) {
        text.append(gap.from == 0 ? ",\"from_known\":false,\"to_ns\":" : ",\"to_ns\":")
        if gap.to == 0 {
            text.append("null")
        } else {
            text.append("\"")
            text.append(decimal: gap.to &+ epochOffset)
            text.append("\"")
        }
        if gap.tolerated { text.append(",\"tolerated\":true") }
    }
}
