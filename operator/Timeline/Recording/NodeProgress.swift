import SessionStore
import TraceProtocol

/// How far the log of one node has come in a recording of several parts.
final class NodeProgress {
    /// All of the node's log, whatever part has it.
    let timeline: NodeTimeline
    private(set) var head = PartHead()
    /// The highest sequence number so far; 0 before the first.
    private(set) var sequence: UInt64 = 0
    /// Totals of the parts that are complete.
    var earlier = PartTotals()
    /// Those of the parts so far.
    private(set) var totals = PartTotals()
    /// The session was told to stop.
    private(set) var isStopping = false

    /// Watermarks come ten times a second.
    private static let usualLag = Duration.seconds(1)

    init(_ timeline: NodeTimeline) { self.timeline = timeline }

    /// Adds a record of the log.
    func add(_ record: LogRecord) {
        let frame = record.frame
        var body = frame.body
        if frame.type.isNumbered, let number = try? StreamNumber(reading: &body, of: frame.type) {
            sequence = max(sequence, number.sequence)
        }
        switch frame.type {
        case .batch: if let batch = try? Batch(frame) { totals.add(batch.header) }
        case .loss: if let loss = try? WireStreamLoss(frame) { totals.add(loss) }
        case .metadata:
            if let metadata = try? Frame(.metadata, body).message() as WireNodeMetadata { head.add(metadata) }
        case .clockSample: head.add(probe: record)
        case .nodeNote:
            guard let note = try? frame.message() as WireNodeNote else { return }
            if note.kind == .limited { head.add(limit: record) }
            if note.kind == .stopped { isStopping = true }
        default: break
        }
    }

    /// The part of the recording is complete.
    func endPart() { earlier = totals }

    /// CPUs that it has, as far as it has said.
    var cpus: Set<UInt32> { Set(timeline.streams.keys).union(timeline.watched.map(\.cpu)) }

    /// Why nothing more comes of it, for a part that begins at a moment; nil when something does.
    func end(_ moment: Int64) -> LogRecord? {
        guard timeline.isEnded else { return nil }
        let part = timeline.part
        let note = WireNodeNote.with {
            $0.kind = part.refusal == nil ? .gaveUp : .refused
            $0.at = moment
            $0.moment = moment
            $0.text =
                part.refusal ?? part.end ?? part.finish.map(\.reason).flatMap { $0.isEmpty ? nil : $0 }
                ?? "it ended in an earlier part"
        }
        return (try? Frame(.nodeNote, note)).map { LogRecord($0, received: moment) }
    }

    /// What it recorded up to a moment and has not sent: it is in the next part. Nil for what is usual.
    ///
    /// - Parameter moment: ns of the timeline.
    func lag(at moment: Int64) -> WireRecordingGap? {
        guard let watermark = timeline.watermark, let through = timeline.onTimeline(watermark),
            .nanoseconds(moment &- through) > Self.usualLag
        else { return nil }
        return .with {
            $0.from = watermark
            $0.reason = "what it recorded then came later, and is in the next part"
            $0.tolerated = true
        }
    }
}
