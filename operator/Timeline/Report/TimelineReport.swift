import SessionStore
import SystemPackage
import TraceClock
import TraceProtocol

/// Prints sessions from disk and trace.dat files as one timeline, in memory bounded by what lies between the nodes'
/// watermarks.
public final class TimelineReport {
    private let merger: TimelineMerger
    private let layout: TimelineLayout
    private let output: OutputStream?
    private let jobs: Int
    /// Of the sessions among the inputs.
    private let manifests: [WireSessionDescription]
    /// Those that have not ended, in no order.
    private var logs: [Log] = []
    /// What could not be read, as lines for people.
    public private(set) var damage: [String] = []
    /// Why the filter fits no event; nil when it fits some.
    public private(set) var filterError: String?
    /// What had to be assumed to bring the inputs onto one timeline, as lines for people.
    public let assumptions: [String]
    /// What matched messages showed; nil where none were asked for.
    public let findings: CausalFindings?

    private final class Log {
        let node: Int
        /// Why it may have no end.
        let fault: String?
        var reader: NodeLogReader
        /// The node's watermark on the timeline, ns.
        var watermark = Int64.min

        init(_ reader: consuming NodeLogReader, node: Int, fault: String?) {
            self.node = node
            self.fault = fault
            self.reader = reader
        }
    }

    /// Everything is on disk already: the merge waits for no node.
    private static let now = Int64.max

    /// - Parameters:
    ///   - output: nil to count only.
    ///   - jobs: how many threads share the work; the output is the same for any number.
    ///   - wander: what is assumed of the clocks' rates; nil for nothing beyond the rate range.
    ///   - causal: where messages are found that tighten the clocks.
    ///   - times: how lines for people state times.
    /// - Throws: `ReportError` for a filter that names a node which is not there.
    public init(
        _ inputs: [ReportInput], format: OutputFormat, filter: TimelineFilter, output: OutputStream?, jobs: Int = 1,
        wander: ClockWander? = .standard, causal: CausalOptions = CausalOptions(), times: TimeDisplay = TimeDisplay()
    ) throws {
        let plan = ReportPlan(inputs)
        let names = plan.nodes.map(\.name)
        try plan.requireNodes(filter.nodes)
        assumptions =
            plan.assumptions + Self.partNote(inputs)
            + inputs.compactMap {
                if case .session(let directory) = $0 { directory.description.clockSourceNote } else { nil }
            }
            + plan.nodes.flatMap { node -> [String] in
                guard case .recording(let recording) = node.source else { return [] }
                return recording.decoding.assumptions.map { "\(node.name): \($0)" }
            }
        let known = try plan.clocks(inputs, wander: wander, causal: causal)
        findings = known.findings
        merger = TimelineMerger(
            plan.nodes.map { (name: $0.name, shift: $0.shift) }, clocks: known.clocks, stallLimit: nil, at: Self.now)
        if let findings { merger.show(findings) }
        self.output = output
        self.jobs = jobs
        manifests = inputs.compactMap { if case .session(let directory) = $0 { directory.description } else { nil } }
        var head = TimelineLayout.Head()
        for (index, node) in plan.nodes.enumerated() {
            switch node.source {
            case .log(let session, let name):
                guard case .session(let directory) = inputs[session] else { continue }
                let manifest = directory.description
                logs.append(Log(NodeLogReader(try directory.log(of: name)), node: index, fault: manifest.fault))
                if filter.nodes.isEmpty || filter.nodes.contains(node.name) { head.tracer = manifest.tracer }
                if manifest.hasEnded { merger.expect(manifest.gaps(of: name, shift: node.shift.offset), of: index) }
            case .recording(let recording):
                if format == .ftrace, filter.nodes.isEmpty || filter.nodes.contains(node.name) {
                    head = recording.head
                }
                do {
                    try merger.add(recording, node: index)
                } catch {
                    damage.append("\(node.name): \(error)")
                    merger.end(index, at: Self.now, "it cannot be read")
                }
            }
        }
        layout = TimelineLayout(
            format: format, filter: filter, nodes: names, epochOffset: plan.epochOffset, head: head,
            times: times, hasClocks: !manifests.isEmpty,
            statesStamps: manifests.contains { $0.clockSource != .monoRaw }, output: output)
        for input in inputs {
            guard case .recording(let path, let file) = input else { continue }
            damage += file.damage.map { "\(path): \($0)" }
        }
    }

    /// What a part of a recording does not tell by itself. Several are told apart by the nodes' names.
    private static func partNote(_ inputs: [ReportInput]) -> [String] {
        guard inputs.count == 1, case .session(let directory) = inputs[0], directory.description.part > 0 else {
            return []
        }
        let (path, part) = (directory.folder.path, directory.description.part)
        guard directory.description.hasNextPart_p else { return ["\(path) is the last part of a recording (\(part))"] }
        return [
            "\(path) is part \(part) of a recording: events that were lost and that no page counts are in the account "
                + "of its last part"
        ]
    }

    /// Prints everything.
    ///
    /// - Throws: `OutputError` when the output is closed.
    public func run() throws -> SessionAccount {
        guard let output else {
            var sink = SilentSink(layout)
            try drive(into: &sink)
            return account(sink.tally)
        }
        // A tree of calls is drawn by one thread: each line depends on those before it.
        let tally: OrderTally
        if jobs > 1, layout.head.tracer != .functionGraph, layout.format != .graph {
            var printer = try ParallelPrinter(layout, output: output, pages: merger.pool, threads: jobs)
            try drive(into: &printer)
            filterError = try printer.finish()
            tally = printer.tally
        } else {
            var printer = TimelinePrinter(layout, output: output)
            try drive(into: &printer)
            try printer.finish()
            filterError = printer.filterError
            tally = printer.tally
        }
        return account(tally)
    }

    private func account(_ tally: OrderTally) -> SessionAccount {
        var account = merger.account
        account.epochOffset = layout.epochOffset
        account.faults = damage
        if layout.marksOrder { account.order = tally }
        for manifest in manifests { account.add(manifest) }
        return account
    }

    private func drive<S: TimelineSink & ~Copyable>(into sink: inout S) throws {
        while let index = furthestBehind() {
            if !read(logs[index]) {
                logs.swapAt(index, logs.count - 1)
                logs.removeLast()
            }
            try merger.release(at: Self.now, into: &sink)
        }
        try merger.release(at: Self.now, into: &sink)
    }

    /// The log of the node with the earliest watermark: it holds the others back.
    private func furthestBehind() -> Int? {
        logs.indices.min { (logs[$0].watermark, logs[$0].node) < (logs[$1].watermark, logs[$1].node) }
    }

    /// Reads on until the node's watermark has moved.
    ///
    /// - Returns: false when its log has ended.
    private func read(_ log: Log) -> Bool {
        let node = merger.nodes[log.node]
        let before = node.watermark
        defer { log.watermark = node.watermarkOnTimeline ?? .min }
        while node.watermark == before {
            guard let item = next(of: log) else {
                merger.end(node.index, at: Self.now, log.fault ?? "its stream is not complete")
                return false
            }
            switch item {
            case .record(let record):
                do {
                    try merger.append(record.frame, node: node.index, at: Self.now, received: record.received)
                } catch {
                    damage.append("node \(node.name): \(error)")
                }
            case .damage(let text): damage.append("node \(node.name): \(text)")
            }
        }
        return true
    }

    /// Nil at the end of the log, or when nothing more of it can be read. What other nodes have is printed all the same.
    private func next(of log: Log) -> NodeLogReader.Item? {
        do {
            return try log.reader.next()
        } catch {
            damage.append("node \(merger.nodes[log.node].name): \(error)")
            return nil
        }
    }
}
