import TraceProtocol

/// What a command prints on stderr when its session starts.
public enum StartText {
    /// Up to this many nodes, each start is listed.
    private static let listed = 4

    /// - Parameter ending: what ends the session.
    public static func lines(_ opened: WireSessionOpened, ending: String = "Ctrl-C ends it") -> [String] {
        let started = opened.replies.filter(\.started)
        let columns = Set(started.flatMap { $0.prepared.count.columns.map(\.event) }).count
        let traced = Set(started.flatMap { $0.prepared.events.map { "\($0.system):\($0.name)" } }).count
        let functions = functionText(started.map(\.prepared.functions))
        let events = traced > 0 || functions == nil ? count(traced, "event") : nil
        let what =
            columns > 0
            ? "counting " + (functions ?? count(columns, "event"))
            : "tracing " + [functions, events].compactMap { $0 }.joined(separator: " and ")
        var line = "\(what) on \(count(started.count, "node"))"
        let times = started.map(\.startedAt)
        if times.count > 1, let first = times.min(), let last = times.max() {
            line += ", started within \((last - first) / 1000) us"
        }
        let late = started.filter(\.missedStart).map(\.node)
        if !late.isEmpty { line += " (\(late.joined(separator: ", ")) missed the moment and started at once)" }
        let utc = columns > 0 ? nil : opened.sessionDescription.utcText
        return [line + "; " + ending] + notes(started) + spread(started, moment: opened.startAt)
            + [utc].compactMap { $0 }
    }

    /// `65 functions`, `60 to 65 functions`; nil if none is traced. Kernels differ in the functions that a name means.
    private static func functionText(_ counts: [UInt32]) -> String? {
        guard let least = counts.min(), let most = counts.max(), most > 0 else { return nil }
        return least == most ? count(Int(most), "function") : "\(least) to \(most) functions"
    }

    /// What nodes do differently from what was asked. Nodes with the same note share a line.
    private static func notes(_ started: [WireNodeReply]) -> [String] {
        var groups: [(text: String, nodes: [String])] = []
        for reply in started {
            for text in reply.prepared.notes {
                if let index = groups.firstIndex(where: { $0.text == text }) {
                    groups[index].nodes.append(reply.node)
                } else {
                    groups.append((text, [reply.node]))
                }
            }
        }
        return groups.map { "\(NodeGroupText.who($0.nodes, of: started.count)): \($0.text)" }
    }

    /// When each node began to record, after the moment that was set, and the bound of that time.
    static func spread(_ started: [WireNodeReply], moment: Int64) -> [String] {
        let sorted = started.sorted { $0.startedAt < $1.startedAt }
        guard moment > 0, sorted.count > 1, let first = sorted.first, let last = sorted.last else { return [] }
        func after(_ reply: WireNodeReply) -> String { "\((reply.startedAt - moment) / 1000) us" }
        let middle = sorted[(sorted.count - 1) / 2]
        let line =
            "start: min \(after(first)) (\(first.node)), median \(after(middle)), max \(after(last)) (\(last.node)) after the moment; "
        guard sorted.count > listed else {
            let each = started.map { "\($0.node) \(after($0)) \(bound($0.startedBound))" }
            return [line + "each: " + each.joined(separator: ", ")]
        }
        let bounds = started.sorted { width($0) < width($1) }
        guard let narrow = bounds.first, let wide = bounds.last else { return [line] }
        return [
            line
                + "known \(bound(narrow.startedBound)) (\(narrow.node)) to \(bound(wide.startedBound)) (\(wide.node))"
        ]
    }

    private static func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }

    private static func width(_ reply: WireNodeReply) -> Int64 {
        reply.startedBound < 0 ? .max : reply.startedBound
    }

    private static func bound(_ nanoseconds: Int64) -> String {
        nanoseconds < 0 ? "±?" : "±\((nanoseconds + 999) / 1000) us"
    }
}
