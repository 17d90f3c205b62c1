import SessionStore
import SystemPackage
import TraceProtocol

/// One part of a recording: a session's directory of its own, with frames that are numbered from 1. Confined to one thread.
final class RecordingPart {
    let number: Int
    let path: FilePath
    private var directory: SessionDirectory
    private let nodes: [Node]
    private(set) var bytes: UInt64 = 0
    /// Those of what happened: without what describes events, which each part has.
    private(set) var recordedBytes: UInt64 = 0

    private final class Node {
        var writer: NodeLogWriter
        /// The account of this part alone. Its batches are counted elsewhere.
        let timeline: NodeTimeline
        var numbers: PartNumbers
        var totals = PartTotals()
        /// What had been counted when the part began.
        let before: [UInt32: CPUStream.Tally]

        init(_ files: NodeLogFiles, _ timeline: NodeTimeline, after progress: NodeProgress) {
            writer = NodeLogWriter(files)
            self.timeline = timeline
            numbers = PartNumbers(after: progress.sequence)
            before = progress.timeline.streams.mapValues(\.tally)
        }
    }

    /// - Parameters:
    ///   - moment: when it begins, ns of the timeline.
    ///   - progress: what the parts before it have, a node each.
    init(
        _ description: WireSessionDescription, number: Int, at path: FilePath, moment: Int64,
        after progress: [NodeProgress]
    ) throws {
        var description = description
        description.state = "recording"
        description.part = UInt32(clamping: number)
        let directory = try SessionDirectory.create(at: path, description)
        self.directory = directory
        self.number = number
        self.path = path
        nodes = try progress.map { progress in
            let timeline = progress.timeline
            return Node(
                try directory.log(of: timeline.name), NodeTimeline(index: timeline.index, name: timeline.name),
                after: progress)
        }
        guard number > 1 else { return }
        for (node, progress) in zip(nodes, progress) {
            if let end = progress.end(moment) {
                write(end, node)
            } else {
                try begin(node, progress.head, session: description.session, at: moment)
            }
        }
        recordedBytes = 0
    }

    private func begin(_ node: Node, _ head: PartHead, session: UInt64, at moment: Int64) throws {
        for record in head.clockRecords { write(record, node) }
        for message in head.metadata() {
            let number = StreamNumber(session: session, sequence: node.numbers.nextHeading())
            write(LogRecord(try Frame(.metadata, number, message), received: moment), node)
        }
    }

    // MARK: Writing

    /// Writes a record of the session's log.
    ///
    /// - Parameter earlier: what earlier parts have of the node's totals.
    func append(_ record: LogRecord, node index: Int, earlier: PartTotals) {
        let node = nodes[index]
        guard record.frame.type.isNumbered else { return write(record, node) }
        var body = record.frame.body
        // One that cannot be read is counted as damage already.
        guard let number = try? StreamNumber(reading: &body, of: record.frame.type),
            let sequence = node.numbers.number(of: number.sequence)
        else { return }
        var record = record
        let own = StreamNumber(session: number.session, sequence: sequence)
        record.frame.setNumber(own)
        if record.frame.type == .finish, let finish = try? Frame(.finish, body).message() as WireFinish,
            let rest = try? Frame(.finish, own, earlier.remainder(of: finish))
        {
            record.frame = rest
        }
        write(record, node)
    }

    private func write(_ record: LogRecord, _ node: Node) {
        node.writer.append(record)
        bytes += UInt64(record.lengthOnDisk)
        if record.frame.type != .metadata { recordedBytes += UInt64(record.lengthOnDisk) }
        let (frame, timeline) = (record.frame, node.timeline)
        switch frame.type {
        case .batch, .metadata:
            if let header = try? Batch(frame).header, frame.type == .batch { node.totals.add(header) }
            var body = frame.body
            guard let number = try? StreamNumber(reading: &body, of: frame.type) else { return }
            _ = timeline.count(number, received: record.received)
        default:
            if frame.type == .loss, let loss = try? WireStreamLoss(frame) { node.totals.add(loss) }
            // What cannot be read is counted as damage already.
            _ = try? timeline.append(frame, received: record.received) {
                CPUStream(node: timeline, cpu: $0, index: 0)
            }
        }
    }

    func flush() throws {
        for node in nodes { try node.writer.flush() }
    }

    // MARK: The end

    /// Ends it because the next part goes on.
    ///
    /// - Parameters:
    ///   - moment: ns of the timeline.
    ///   - progress: what has come of the nodes, this part included.
    func cut(at moment: Int64, _ progress: [NodeProgress]) throws -> SessionAccount {
        for (node, progress) in zip(nodes, progress) {
            let stopped = WireNodeNote.with {
                $0.kind = .stopped
                $0.at = moment
            }
            let hasEnded = node.timeline.isEnded
            write(LogRecord(try Frame(.nodeNote, stopped), received: moment), node)
            guard !hasEnded, let sequence = node.numbers.number(of: progress.sequence + 1) else { continue }
            var finish = node.totals.finish(progress.cpus)
            if let gap = progress.lag(at: moment) { finish.gaps = [gap] }
            let number = StreamNumber(session: directory.description.session, sequence: sequence)
            write(LogRecord(try Frame(.finish, number, finish), received: moment), node)
        }
        var description = directory.description
        description.hasNextPart_p = true
        try directory.update(description)
        return try complete(progress, problem: "")
    }

    /// Ends it, as the last one.
    ///
    /// - Parameter problem: why the session is not whole; empty when it is.
    func finish(_ progress: [NodeProgress], problem: String) throws -> SessionAccount {
        for node in nodes where !node.timeline.isEnded { node.timeline.cutOff(SessionCounter.reason(problem)) }
        return try complete(progress, problem: problem)
    }

    private func complete(_ progress: [NodeProgress], problem: String) throws -> SessionAccount {
        try flush()
        for node in nodes {
            try node.writer.finish()
            try node.writer.synchronize()
        }
        let parts = zip(nodes, progress).map { node, progress in
            node.timeline.account(
                progress.timeline.streams.reduce(into: [:]) { tallies, stream in
                    let tally = stream.value.tally.since(node.before[stream.key])
                    // A CPU of which nothing came is not owed to this part, unless its totals are there.
                    if tally.events > 0 || tally.damaged > 0 { tallies[stream.key] = tally }
                })
        }
        var account = SessionAccount(nodes: parts, epochOffset: directory.description.epochOffset)
        account.faults = [problem].filter { !$0.isEmpty }
        try directory.complete(account, problem: problem)
        return account
    }

    /// Removes it from disk.
    func remove() throws {
        try SessionFiles.remove(from: directory.folder)
        guard let name = path.lastComponent?.string else { return }
        try OpenFolder(at: path.removingLastComponent()).removeFolder(name)
    }
}

extension CPUStream.Tally {
    /// What has come since then.
    fileprivate func since(_ earlier: Self?) -> Self {
        guard let earlier else { return self }
        var news = self
        news.events &-= earlier.events
        news.damaged -= earlier.damaged
        if news.damaged == 0 { news.firstDamage = nil }
        return news
    }
}
