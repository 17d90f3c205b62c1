import EventFormat
import TraceProtocol

/// The account as people read it.
extension SessionAccount {
    /// A line for each node and for each time of which there is no record, and one for all.
    public func lines() -> [String] {
        let width = nodes.map(\.name.count).max() ?? 0
        var lines: [String] = []
        for node in nodes {
            let name = node.name + String(repeating: " ", count: width - node.name.count)
            if let refusal = node.refusal {
                lines.append("\(name)  took no part: \(refusal)")
            } else {
                lines.append(
                    "\(name)  recorded \(Self.number(node.recorded)) = received \(node.received) + lost "
                        + Self.number(node.lost)
                        + (node.lostAtAgent > 0 ? " + lost at agent \(node.lostAtAgent)" : ""))
            }
            lines += gapLines(node, name) + lossLines(node, name) + missLines(node, name)
        }
        lines += orderLines
        if nodes.count > 1 || !problems.isEmpty { lines.append("total: \(received) events received, " + verdict) }
        return lines
    }

    /// One line for each node and CPU, the times of which there is no record, and the total, for `--summary`.
    public func table() -> [String] {
        let width = max(4, nodes.map(\.name.count).max() ?? 0)
        var lines = ["node" + String(repeating: " ", count: width - 4) + "  CPU     recorded     received         lost"]
        for node in nodes {
            let name = node.name + String(repeating: " ", count: width - node.name.count)
            if let refusal = node.refusal { lines.append("\(name)  took no part: \(refusal)") }
            for cpu in node.cpus {
                lines.append(
                    name + Self.right("\(cpu.cpu)", 5) + Self.right(Self.number(cpu.recorded), 13)
                        + Self.right("\(cpu.received)", 13) + Self.right(Self.number(cpu.lost), 13)
                        + (cpu.lostAtAgent > 0 ? "  + lost at agent \(cpu.lostAtAgent)" : "")
                        + (cpu.balances == false ? "  DOES NOT ADD UP" : ""))
            }
            if node.refusal == nil, node.cpus.isEmpty {
                lines.append(
                    name + Self.right("-", 5) + Self.right("?", 13) + Self.right("0", 13) + Self.right("?", 13))
            }
            lines += gapLines(node, name) + lossLines(node, name) + missLines(node, name)
        }
        return lines + orderLines + ["total: \(received) events received, " + verdict]
    }

    /// What the timeline's marks are worth: how many lines have them.
    private var orderLines: [String] {
        guard let order, order.events > 0, nodes.count > 1 else { return [] }
        return [
            "order: of \(order.events) events, \(order.concurrent) (\(Self.percent(order.concurrent, of: order.events))) "
                + "may be earlier than one of another node above them (~), \(order.doubtful) have no certain bound (?)"
        ]
    }

    private static func percent(_ part: UInt64, of whole: UInt64) -> String {
        let tenths = (Double(part) / Double(whole) * 1000).rounded()
        return "\(tenths / 10) %"
    }

    private static func number(_ value: UInt64?) -> String { value.map(String.init) ?? "?" }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// What the total line says behind the events.
    private var verdict: String {
        let unknown = unknownLosses
        var text =
            unknown.isEmpty ? "\(knownLost) lost" : "at least \(knownLost) lost (not known of \(Self.list(unknown)))"
        if lostAtAgents > 0 { text += ", \(lostAtAgents) lost at agents" }
        if missed > 0 { text += ", \(missed) missed by probes" }
        if lateEvents > 0 { text += ", \(lateEvents) late" }
        let problems = problems.count
        if problems > 0 { text += "; NOT COMPLETE: \(problems) problem\(problems == 1 ? "" : "s")" }
        return text
    }

    private static func list(_ names: [String]) -> String {
        names.count <= 5 ? names.joined(separator: ", ") : "\(names.count) nodes"
    }

    private func gapLines(_ node: Node, _ name: String) -> [String] {
        node.gaps.map { gap in
            let length = gap.lengthText.isEmpty ? "" : " (\(gap.lengthText))"
            return "\(name)  no record \(span(gap))\(length): \(gap.reason)"
        }
    }

    private func lossLines(_ node: Node, _ name: String) -> [String] {
        node.losses.map { loss in
            "\(name)  lost at agent: \(loss.events) events of CPU \(loss.cpu) \(span(loss.from, loss.to)): \(loss.reason)"
        }
    }

    private func missLines(_ node: Node, _ name: String) -> [String] { node.missed.map { "\(name)  \($0.summary)" } }

    private func span(_ gap: WireRecordingGap) -> String { span(gap.from, gap.to) }

    private func span(_ from: Int64, _ to: Int64) -> String {
        let begin = from == 0 ? "" : "from \(TimeText.text(from, epochOffset: epochOffset)) "
        return begin + (to == 0 ? "to the end" : "to \(TimeText.text(to, epochOffset: epochOffset))")
    }
}

/// A single time as the lines of a timeline have it.
enum TimeText {
    static func text(_ time: Int64, epochOffset: Int64?) -> String {
        var text = TextBuffer(capacity: 32)
        var wallTime = WallTime()
        append(time, epochOffset: epochOffset, &wallTime, to: &text)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    /// Of the day, or s of the trace clock where that is unknown.
    static func append(_ time: Int64, epochOffset: Int64?, _ wallTime: inout WallTime, to text: inout TextBuffer) {
        if let epochOffset { return wallTime.append(time &+ epochOffset, to: &text) }
        text.append(seconds: time)
    }
}
