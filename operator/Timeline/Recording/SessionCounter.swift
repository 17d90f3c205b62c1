import SessionStore
import TraceProtocol

/// Counts the events of an attached session as its logs come in, by walking the pages, as a reader will. Confined to one
/// thread.
final class SessionCounter {
    let nodes: [NodeTimeline]
    private var scanners: [LogScanner]
    private let epochOffset: Int64
    private var damage: [String] = []
    private var remarks: [String] = []
    private let unpacker = PageUnpacker()

    init(_ description: WireSessionDescription) {
        nodes = description.nodes.enumerated().map { NodeTimeline(index: $0.offset, name: $0.element) }
        scanners = nodes.map { _ in LogScanner() }
        epochOffset = description.epochOffset
    }

    /// Adds a piece of a node's log.
    ///
    /// - Parameter body: gets each of its records.
    func add(_ chunk: LogChunk, _ body: (LogRecord) throws -> Void) rethrows {
        let index = Int(chunk.node)
        scanners[index].feed(chunk.records)
        while true {
            switch scanners[index].next() {
            case .record(let record):
                count(record, nodes[index])
                try body(record)
            case .damage(_, let length, let reason):
                damage.append("node \(nodes[index].name): \(length) bytes of its log are damaged: \(reason)")
            case .needsMore: return
            }
        }
    }

    private func count(_ record: LogRecord, _ timeline: NodeTimeline) {
        do {
            let change = try timeline.append(record.frame, received: record.received) {
                CPUStream(node: timeline, cpu: $0, index: 0)
            }
            if case .note(let note) = change { remark(note, timeline) }
            guard case .events(let stream) = change, let layout = timeline.layout else { return }
            stream.countAll(layout: layout, unpacker: unpacker)
        } catch {
            damage.append("node \(timeline.name): \(error)")
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
    func takeRemarks() -> [String] {
        defer { remarks.removeAll() }
        return remarks
    }

    /// The account of all that was counted.
    ///
    /// - Parameter problem: why the session is not whole; empty when it is.
    func finish(problem: String) -> SessionAccount {
        for node in nodes where !node.isEnded { node.cutOff(Self.reason(problem)) }
        var account = SessionAccount(nodes: nodes.map(\.account), epochOffset: epochOffset)
        account.faults = damage + [problem].filter { !$0.isEmpty }
        return account
    }

    /// Why a node has no last frame.
    static func reason(_ problem: String) -> String { problem.isEmpty ? "its stream is not complete" : problem }
}
