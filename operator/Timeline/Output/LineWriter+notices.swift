import EventFormat
import TraceClock

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
        guard let (kind, words) = notice.text else { return }
        switch format {
        case .default, .ftrace:
            text.append("# ")
            append(time: time)
            text.append(UInt8(ascii: " "))
            let start = text.count
            text.append(layout.names[node])
            text.append(": ")
            text.append(words)
            text.makeSafe(from: start)
            text.append("\n")
        case .json:
            text.append("{\"type\":\"")
            text.append(kind)
            text.append("\",")
            appendTime(time)
            text.append(",\"node\":")
            nodes.appendJSON(of: node, to: &text)
            text.append(",\"text\":")
            text.append(json: words)
            text.append("}\n")
        }
    }
}
