import SystemPackage
import TraceClock
import TraceDat
import TraceProtocol

/// How several inputs become one timeline: their nodes under different names, and each one's shift in time.
struct ReportPlan {
    /// A node and where it is read.
    struct Node {
        enum Source {
            /// A node of the session of that number.
            case log(session: Int, node: String)
            case recording(RecordingBuffer)
        }

        var name: String
        /// From its own timeline to the report's.
        var shift: TimelineShift
        var source: Source
        /// Distinguishes it from a node of the same name.
        var longName: String
    }

    private(set) var nodes: [Node] = []
    /// ns from the timeline to the epoch; nil where no input knows the time of day.
    private(set) var epochOffset: Int64?
    /// What had to be assumed about clocks, as lines for people.
    private(set) var assumptions: [String] = []

    init(_ inputs: [ReportInput]) {
        let offsets = inputs.compactMap { input -> Int64? in
            if case .session(let directory) = input { directory.description.epochOffset } else { nil }
        }
        let recordings = inputs.compactMap { input -> (path: String, options: TraceDatOptions)? in
            if case .recording(let path, let file) = input { (path, file.options) } else { nil }
        }
        let isDated = recordings.contains { $0.options.dateOffset != nil }
        // One session alone keeps its controller's timeline. Everything else meets at the epoch, if an input states it.
        if offsets.count == 1, recordings.isEmpty {
            epochOffset = offsets[0]
        } else if !offsets.isEmpty || isDated {
            epochOffset = 0
        }
        let sessions = inputs.compactMap { if case .session(let directory) = $0 { directory.description } else { nil } }
        let isOneController = Set(sessions.map(\.controller)).count < 2
        for (number, input) in inputs.enumerated() {
            switch input {
            case .session(let directory):
                let description = directory.description
                for name in description.nodes {
                    nodes.append(
                        Node(
                            name: name,
                            shift: TimelineShift(
                                description.epochOffset &- (epochOffset ?? 0),
                                error: isOneController ? 0 : description.greatestUTCError),
                            source: .log(session: number, node: name),
                            longName: "\(directory.folder.path.lastComponent?.string ?? "\(number)")/\(name)"))
                }
            case .recording(let path, let file):
                // Without a date it is assumed to be on the first session's timeline, where there is one.
                let base = file.options.dateOffset == nil ? offsets.first ?? 0 : 0
                add(file, path, shift: file.options.totalOffset &+ base)
            }
        }
        makeNamesDiffer()
        guard inputs.count > 1 else { return }
        assumptions = Self.assumptions(recordings, isDated: isDated, hasSession: !offsets.isEmpty)
        if !isOneController {
            assumptions.append("bounds hold how far each controller's clock was from UTC, which other sessions go by:")
            assumptions += sessions.map { "\($0.controller): \($0.utcText ?? "it does not say how far")" }
        }
    }

    /// - Throws: `ReportError` for a name that no node has.
    func requireNodes(_ wanted: Set<String>) throws(ReportError) {
        let names = nodes.map(\.name)
        for name in wanted.sorted() where !names.contains(name) {
            throw ReportError("there is no node \"\(name)\" (there are \(names.joined(separator: ", ")))")
        }
    }

    /// Adds the buffers with events; without any, the first one, for its head.
    private mutating func add(_ file: TraceDatFile, _ path: String, shift: Int64) {
        let name = FilePath(path).lastComponent?.string ?? path
        let decoding = NodeDecoding(file)
        var buffers = file.buffers.filter { buffer in buffer.cpus.contains { $0.size > 0 } }
        if buffers.isEmpty { buffers = Array(file.buffers.prefix(1)) }
        for buffer in buffers {
            let suffix = buffers.count > 1 && !buffer.name.isEmpty ? ":\(buffer.name)" : ""
            nodes.append(
                Node(
                    name: name + suffix, shift: TimelineShift(shift),
                    source: .recording(RecordingBuffer(buffer, of: file, decoding: decoding)), longName: path + suffix))
        }
    }

    private mutating func makeNamesDiffer() {
        for name in [\Node.longName, \Node.name] {
            let counts = Dictionary(nodes.map { ($0.name, 1) }, uniquingKeysWith: +)
            for index in nodes.indices where counts[nodes[index].name] ?? 0 > 1 {
                nodes[index].name = name == \Node.longName ? nodes[index].longName : "\(nodes[index].name)#\(index + 1)"
            }
        }
    }

    /// As in trace-cmd, the files' own options say how times are merged; without them, times stay as they are.
    private static func assumptions(
        _ recordings: [(path: String, options: TraceDatOptions)], isDated: Bool, hasSession: Bool
    ) -> [String] {
        let unplaced = recordings.filter { !$0.options.statesClockOffset }
        guard !unplaced.isEmpty else { return [] }
        let paths = unplaced.map(\.path).joined(separator: ", ")
        let clocks = Set(unplaced.compactMap(\.options.selectedClock)).sorted()
        let hosts = Set(unplaced.compactMap(\.options.host)).sorted()
        let what =
            hasSession
            ? "to have the clock of the session's controller" : isDated ? "as they are" : "to be of one clock"
        let verb = unplaced.count == 1 ? "states" : "state"
        var lines = ["\(paths) \(verb) no clock offset: the times are taken \(what)"]
        if clocks.count > 1 {
            lines.append("the clocks are different ones (\(clocks.joined(separator: ", "))): the order means nothing")
        }
        if hosts.count > 1 {
            lines.append(
                "the hosts are different ones (\(hosts.joined(separator: ", "))): the order between them means nothing")
        }
        if isDated, !hasSession { lines.append("others state the time of day, so these do not line up with them") }
        return lines
    }
}
