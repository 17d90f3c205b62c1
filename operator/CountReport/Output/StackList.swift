import SafeText
import TraceProtocol

/// A block for each event and key with a stack: the count, the other keys, and below them the frames, the innermost
/// first.
struct StackList {
    let counts: FleetCounts
    let interval: CountInterval
    let layout: CountLayout

    func lines() -> [String] {
        counts.columns.indices.flatMap { column -> [String] in
            let lines = CountRows(interval, isByNode: layout.isByNode).lines(of: column)
            let total = lines.reduce(0) { $0 &+ $1.sum.count }
            let shown = layout.top.map { Array(lines.prefix { !$0.subject.isOther }.prefix($0)) } ?? lines
            var text = lines.isEmpty ? ["\(counts.columns[column])  0"] : []
            for line in shown { text += block(column, line, total) }
            let hidden = lines.dropFirst(shown.count)
            let more = hidden.count { !$0.subject.isOther }
            if more > 0 { text.append("(\(more) more)") }
            let others = hidden.filter(\.subject.isOther).reduce(0) { $0 &+ $1.sum.count }
            if others > 0 { text.append("\(CountRows.otherText)  \(CountText.grouped(others))") }
            return text.map(cut)
        }
    }

    private func block(_ column: Int, _ line: CountLine, _ total: UInt64) -> [String] {
        var title = layout.isTimed ? "\(CountText.seconds(interval.end))  " : ""
        title += "\(counts.columns[column])  \(CountText.grouped(line.sum.count))"
        title += "  \(CountText.share(line.sum.count, of: total))"
        if let node = line.subject.node { title += "  \(counts.nodes[node].name)" }
        guard !line.subject.isOther else { return [title + "  \(CountRows.otherText)"] }
        var frames: [String] = []
        for (name, key) in zip(layout.keys, line.subject.key) {
            guard WireCountRequest.isStack(name) else {
                title += "  \(CountText.key(key))"
                continue
            }
            let stack = CountText.key(key).split(separator: ";").reversed().map { "    \($0)" }
            // The kernel's frames are above those of the program that called it.
            frames = name == WireCountRequest.kernelStackKey ? stack + frames : frames + stack
        }
        for value in layout.values { title += "  \(value.title) \(value.text(line.sum))" }
        return [title] + frames
    }

    private func cut(_ line: String) -> String {
        layout.width.map { line.clipped(to: max(1, $0)) } ?? line
    }
}
