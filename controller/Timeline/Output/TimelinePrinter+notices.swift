import EventFormat
import TraceClock

/// What is not an event.
extension TimelinePrinter {
    mutating func lost(_ count: UInt64?, node: NodeTimeline, cpu: UInt32, before time: MappedTime) throws {
        guard isWanted(node: node, cpu: cpu, at: time.estimate) else { return }
        switch format {
        case .default:
            appendHead(time, node.index, cpu)
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
            appendPlace(node.index, cpu)
            text.append(",\"count\":")
            if let count { text.append(decimal: count) } else { text.append("null") }
            text.append("}\n")
        }
    }

    mutating func notice(_ notice: TimelineNotice, node: NodeTimeline, at time: Int64) throws {
        if !filter.nodes.isEmpty, !filter.nodes.contains(node.name) { return }
        guard let (kind, words) = Self.words(for: notice) else { return }
        switch format {
        case .default, .ftrace:
            text.append("# ")
            wallTime.append(time &+ epochOffset, to: &text)
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
            text.append(decimal: time &+ epochOffset)
            text.append("\",\"node\":")
            nodes.appendJSON(of: node.index, to: &text)
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
}
