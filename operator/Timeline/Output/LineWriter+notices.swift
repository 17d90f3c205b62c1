import EventFormat
import TraceClock
import TraceProtocol

/// Lines that are not events.
extension LineWriter {
    /// Events were lost before the one at `time`; nil when the kernel did not say how many.
    mutating func appendLost(_ count: UInt64?, node: Int, cpu: UInt32, before time: MappedTime) {
        switch format {
        case .default, .graph:
            appendHead(time, node, cpu, order.place(of: time.estimate))
            text.append("LOST ")
            if let count { text.append(decimal: count) } else { text.append("an unknown number of") }
            text.append(" events\n")
        case .ftrace:
            if let graph {
                scratch.removeAll()
                FtraceLine.appendLost(cpu: Int(cpu), count: count, to: &scratch)
                return appendGraphLine(graph)
            }
            if layout.marksOrder { text.append(UInt8(ascii: " ")) }
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

    /// Puts the line in `scratch` behind the events that wait.
    private mutating func appendGraphLine(_ graph: CallGraphLines) {
        graph.append(line: Array(scratch.bytes), to: &self)
    }

    mutating func append(_ notice: TimelineNotice, node: Int, at time: Int64) {
        let (kind, words) = notice.text
        switch format {
        case .default, .ftrace, .graph:
            text.append("# ")
            append(time: time)
            text.append(UInt8(ascii: " "))
            let start = text.count
            text.append(layout.names[node])
            text.append(": ")
            switch notice {
            case .gap(let gap): append(spanOf: gap)
            case .lostAtAgent(let loss): append(spanOf: loss)
            case .clockBreak(let span): append(spanOf: span)
            default: break
            }
            text.append(words)
            text.makeSafe(from: start)
            text.append("\n")
        case .json:
            text.append("{\"type\":\"")
            text.append(kind)
            text.append("\",")
            appendTime(time)
            if case .gap(let gap) = notice { appendJSON(spanOf: gap) }
            if case .clockBreak(let span) = notice {
                appendJSON(from: span.from ?? 0, to: span.to ?? 0)
                if !span.sharers.isEmpty { text.append(",\"of_controller\":true") }
            }
            if case .lostAtAgent(let loss) = notice {
                appendJSON(from: loss.from, to: loss.to)
                appendNodeAndCPU(node, loss.cpu)
                text.append(",\"count\":")
                text.append(decimal: loss.events)
                text.append(",\"at_agent\":true")
            } else {
                text.append(",\"node\":")
                nodes.appendJSON(of: node, to: &text)
            }
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

    /// `LOST 312 events of CPU 0 at the agent, from here until 12:00:01.000000000: `
    private mutating func append(spanOf loss: WireEventLoss) {
        text.append("LOST ")
        text.append(decimal: loss.events)
        text.append(" events of CPU ")
        text.append(decimal: UInt64(loss.cpu))
        text.append(loss.from == 0 ? " at the agent, up to here: " : " at the agent, from here ")
        guard loss.from != 0 else { return }
        guard loss.to != 0 else { return text.append("on: ") }
        text.append("until ")
        append(time: loss.to)
        text.append(": ")
    }

    /// `clock break: from here until 12:00:01.000000000 only messages bound its times: `
    private mutating func append(spanOf span: ClockBreakSpan) {
        text.append("clock break: from here ")
        if let end = span.to {
            text.append("until ")
            append(time: end)
        } else {
            text.append("on")
        }
        text.append(" only messages bound its times: ")
    }

    private mutating func appendJSON(spanOf gap: WireRecordingGap) {
        appendJSON(from: gap.from, to: gap.to)
        if gap.tolerated { text.append(",\"tolerated\":true") }
    }

    /// Its end. `time_ns` is its beginning where that is known.
    private mutating func appendJSON(from: Int64, to: Int64) {
        text.append(from == 0 ? ",\"from_known\":false,\"to_ns\":" : ",\"to_ns\":")
        guard to != 0 else { return text.append("null") }
        text.append("\"")
        text.append(decimal: to &+ epochOffset)
        text.append("\"")
    }
}
