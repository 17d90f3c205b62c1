import SessionStore
import SystemFacts
import TraceClock
import TraceProtocol

/// One node's part as its log tells it: the same facts that every reader of the log finds.
struct RecoveredLog: Sendable {
    /// Behind its last whole record.
    var position = LogPosition.start
    /// Of its last numbered frame; 0 before the first.
    var sequence: UInt64 = 0
    /// Events in its batches, by CPU.
    var events: [UInt32: UInt64] = [:]
    /// Time stamp of the last batch's first page, by CPU.
    private(set) var begun: [UInt32: UInt64] = [:]
    /// The CPUs of its last watermarks.
    private(set) var watched: [Watermark.Entry] = []
    private(set) var account = PartAccount()
    /// The node's, as far as it was measured.
    private(set) var clock = LiveClock()
    /// Its last frame, once that is there.
    private(set) var finish: ReceivedLog.Finish?
    private(set) var hasJoined = false
    private(set) var hasStopped = false
    /// It was commanded to start: a note says when.
    private(set) var isStartCommanded = false

    /// - Parameter record: the next one of the log.
    mutating func add(_ record: LogRecord) {
        switch record.frame.type {
        case .nodeNote:
            guard let note: WireNodeNote = try? record.frame.message() else { return }
            account.add(note)
            if note.moment != 0 { isStartCommanded = true }
            if note.kind == .joined { hasJoined = true }
            if note.kind == .stopped { hasStopped = true }
        case .clockSample:
            guard let sample = try? ClockSampleFrame(record.frame) else { return }
            _ = clock.observe(ClockProbe(t1: sample.t1, t2: sample.t2, t3: sample.t3, t4: sample.t4))
        case .batch:
            guard let batch = try? Batch(record.frame).header else { return }
            begun[batch.cpu] = max(begun[batch.cpu] ?? 0, batch.firstTimestamp)
        case .loss: if let loss = try? WireStreamLoss(record.frame) { account.add(loss) }
        case .watermark:
            guard let watermark = try? Watermark(record.frame) else { return }
            watched = watermark.entries
            if let least = watermark.least { account.recorded(through: least, heard: record.received) }
        case .finish:
            var body = record.frame.body
            body.moveReaderIndex(forwardBy: min(body.readableBytes, StreamNumber.length))
            // As for every reader, one that is malformed is none.
            let parts = TracedSession.mostFinishParts
            guard let message: WireFinish = try? Frame(.finish, body).message(parts: parts) else { return }
            finish = ReceivedLog.Finish(message: message, at: MonotonicRawInstant(nanoseconds: record.received))
            account.add(message, at: record.received)
        default: break
        }
    }
}

/// A session that goes on under this process.
struct RecoveredSession: Sendable {
    var description: WireSessionDescription
    var flow: RecoveredFlow
    /// By node.
    var logs: [RecoveredLog]
}
