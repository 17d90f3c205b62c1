import NIOCore
import RingBuffer
import SessionStore
import SystemPackage
import TraceProtocol

/// Writes an attached session into a directory of its own, and counts what it writes. Confined to one thread.
public final class SessionRecorder {
    private var directory: SessionDirectory
    private var nodes: [Node]
    public private(set) var bytes: UInt64 = 0
    public private(set) var damage: [String] = []
    private var remarks: [String] = []

    private final class Node {
        var log: NodeLogWriter
        var scanner = LogScanner()
        let timeline: NodeTimeline

        init(_ log: consuming NodeLogWriter, _ timeline: NodeTimeline) {
            self.log = log
            self.timeline = timeline
        }
    }

    private let unpacker = PageUnpacker()

    public init(_ description: WireSessionDescription, at path: FilePath) throws {
        var description = description
        description.state = "recording"
        directory = try SessionDirectory.create(at: path, description)
        nodes = []
        for (index, name) in description.nodes.enumerated() {
            nodes.append(
                Node(NodeLogWriter(try directory.log(of: name)), NodeTimeline(index: index, name: name)))
        }
    }

    /// Writes a piece of a node's log.
    public func append(_ chunk: LogChunk) throws {
        guard nodes.indices.contains(Int(chunk.node)) else { return }
        let node = nodes[Int(chunk.node)]
        if !chunk.isAhead {
            node.log.append(records: chunk.records)
            bytes += UInt64(chunk.records.readableBytes)
        }
        node.scanner.feed(chunk.records)
        while true {
            switch node.scanner.next() {
            case .record(let record): count(record, node)
            case .damage(_, let length, let reason):
                damage.append("node \(node.timeline.name): \(length) bytes of its log are damaged: \(reason)")
            case .needsMore: return
            }
        }
    }

    /// Counts by walking the pages, as a reader will.
    private func count(_ record: LogRecord, _ node: Node) {
        do {
            let timeline = node.timeline
            let change = try timeline.append(record.frame, received: record.received) {
                CPUStream(node: timeline, cpu: $0, index: 0)
            }
            if case .note(let note) = change { remark(note, timeline) }
            guard case .events(let stream) = change, let layout = timeline.layout else { return }
            stream.countAll(layout: layout, unpacker: unpacker)
        } catch {
            damage.append("node \(node.timeline.name): \(error)")
        }
    }

    private func remark(_ note: WireNodeNote, _ node: NodeTimeline) {
        switch note.kind {
        case .paused:
            if node.isNews(note) { remarks.append("\(node.name): \(TimelineNotice.paused(note.text).text.words)") }
        case .resumed: remarks.append("\(node.name): \(TimelineNotice.resumed.text.words)")
        default: break
        }
    }

    /// What a person should know while it is recorded, since the last call; a line each.
    public func takeRemarks() -> [String] {
        defer { remarks.removeAll() }
        return remarks
    }

    /// Writes what is buffered.
    ///
    /// - Throws: `StoreError`, for a full disk for example; what was written before stays readable.
    public func flush() throws {
        for node in nodes { try node.log.flush() }
    }

    /// Completes the session.
    ///
    /// - Parameter problem: why the session is not whole, for its readers; empty when it is.
    public func finish(problem: String) throws -> SessionAccount {
        try flush()
        for node in nodes {
            try node.log.finish()
            try node.log.synchronize()
        }
        let reason = problem.isEmpty ? "its stream is not complete" : problem
        for node in nodes where !node.timeline.isEnded { node.timeline.cutOff(reason) }
        var description = directory.description
        var account = SessionAccount(
            nodes: nodes.map(\.timeline.account), epochOffset: description.epochOffset)
        account.faults = damage + [problem].filter { !$0.isEmpty }
        description.state = account.state
        description.gaps = account.gaps
        description.losses = account.losses
        description.problem = problem
        try directory.update(description)
        return account
    }
}
