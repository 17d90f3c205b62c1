import SafeText
import SystemFacts
import TraceProtocol

/// One record for each event, node and key: for programs.
struct CountRecords {
    let counts: FleetCounts
    let interval: CountInterval
    let layout: CountLayout

    private struct Record {
        let event: String
        let node: String
        let key: [String]
        let isOther: Bool
        /// Nil where the event could not be counted.
        let sum: CountSum?
        let state: String

        /// In ns, as are those below.
        var enabled: Int64 { sum?.enabled.wholeNanoseconds ?? 0 }
        var running: Int64 { sum?.running.wholeNanoseconds ?? 0 }
        /// Calls of a function whose time is known.
        var timed: UInt64 { sum?.timed ?? 0 }
        var time: Int64 { sum?.time.wholeNanoseconds ?? 0 }
    }

    private func records() -> [Record] {
        counts.columns.indices.flatMap { column -> [Record] in
            let lines = CountRows(interval, isByNode: true).lines(of: column)
            let counted = lines.compactMap { line -> Record? in
                guard let index = line.subject.node else { return nil }
                return Record(
                    event: counts.columns[column], node: counts.nodes[index].name, key: key(line),
                    isOther: line.subject.isOther,
                    sum: line.sum.neverRan ? nil : line.sum, state: state(counts.nodes[index]))
            }
            let refused = counts.nodes.indices.filter { counts.refusal(column: column, node: $0) != nil }
            return counted
                + refused.map { node in
                    Record(
                        event: counts.columns[column], node: counts.nodes[node].name, key: [], isOther: false, sum: nil,
                        state: "not supported")
                }
        }
    }

    private func key(_ line: CountLine) -> [String] {
        if line.subject.isOther { return ["other"] }
        var parts = line.subject.key.map(CountText.rawKey)
        if layout.hasBuckets, let bucket = line.subject.key.last {
            parts[parts.count - 1] = HistogramBucket(bucket).text
        }
        return parts
    }

    private func state(_ node: FleetCounts.Node) -> String {
        switch node.state {
        case .silent, .gone: "lost"
        default: node.gaps.allSatisfy(\.tolerated) ? "" : "incomplete"
        }
    }

    /// One JSON object a line.
    func json() -> [String] {
        records().map { record in
            var line = "{"
            if layout.isTimed { line += "\"elapsed_ns\":\(interval.end.wholeNanoseconds)," }
            line += "\"event\":\(JSONText.quoted(record.event)),\"node\":\(JSONText.quoted(record.node))"
            line += ",\"key\":\(jsonKey(record))"
            line += ",\"count\":\(record.sum.map { "\($0.count)" } ?? "null")"
            line += ",\"enabled_ns\":\(record.enabled),\"running_ns\":\(record.running)"
            if layout.isByFunction { line += ",\"timed\":\(record.timed),\"time_ns\":\(record.time)" }
            for column in layout.values {
                line += ",\"\(column.kind.rawValue)\":\(column.value(record.sum) ?? "null")"
            }
            if !record.state.isEmpty { line += ",\"state\":\(JSONText.quoted(record.state))" }
            return line + "}"
        }
    }

    /// A text, or an array of the texts of several keys.
    private func jsonKey(_ record: Record) -> String {
        guard layout.keyNames.count > 1, !record.isOther else { return record.key.first.map(JSONText.quoted) ?? "null" }
        return "[" + record.key.map(JSONText.quoted).joined(separator: ",") + "]"
    }

    static func header(_ layout: CountLayout) -> String {
        var columns = layout.isTimed ? ["elapsed_ns"] : []
        columns += ["event", "node"]
        columns += layout.keyNames.count > 1 ? layout.keyNames.map(CSVField.text) : ["key"]
        columns += ["count", "enabled_ns", "running_ns", "state"]
        if layout.isByFunction { columns += ["timed", "time_ns"] }
        columns += layout.values.map(\.kind.rawValue)
        return columns.joined(separator: ",")
    }

    /// RFC 4180; the count is empty where the event could not be counted.
    func csv() -> [String] {
        records().map { record in
            var fields = layout.isTimed ? ["\(interval.end.wholeNanoseconds)"] : []
            fields += [CSVField.text(record.event), CSVField.text(record.node)]
            // One column without a key, too.
            for part in 0..<max(1, layout.keyNames.count) {
                fields.append(record.key.indices.contains(part) ? CSVField.text(record.key[part]) : "")
            }
            fields.append(record.sum.map { "\($0.count)" } ?? "")
            fields += ["\(record.enabled)", "\(record.running)", CSVField.text(record.state)]
            if layout.isByFunction { fields += ["\(record.timed)", "\(record.time)"] }
            fields += layout.values.map { $0.value(record.sum) ?? "" }
            return fields.joined(separator: ",")
        }
    }
}
