import SessionStore
import TraceProtocol

/// Records of a log that nobody sends again and that are not settled: what happened to the node, and samples of its
/// clock. When the log goes back they are written again. So is the last watermark that covers settled frames only: the
/// session's account has it, and a node that is gone sends no other.
struct UnsettledRecords {
    private var notes: [LogRecord] = []
    private var samples: [LogRecord] = []
    private var watermark: LogRecord?

    /// The order in which a log has them does not matter to a reader: each has its time.
    var records: [LogRecord] { samples + [watermark].compactMap(\.self) + notes }

    /// While a log is paused, a sample a second is enough: a bound grows by 0.5 ms in a second without one.
    private static let sampleInterval: Int64 = 1_000_000_000
    /// 10 minutes of them. A longer pause has wider bounds at its beginning.
    private static let mostSamples = 600
    /// Of a node that comes and goes while its log is paused, the first ones.
    private static let mostNotes = 1000

    /// - Parameters:
    ///   - isPaused: the log cannot be written at present.
    ///   - areFramesSettled: no numbered frame before the record is unsettled.
    mutating func add(_ record: LogRecord, isPaused: Bool, areFramesSettled: Bool) {
        switch record.frame.type {
        case .nodeNote: if notes.count < Self.mostNotes { notes.append(record) }
        case .clockSample:
            if isPaused, let last = samples.last, record.received - last.received < Self.sampleInterval { return }
            samples.append(record)
            if samples.count > Self.mostSamples { samples.removeFirst() }
        // One that comes later may cover frames that were dropped.
        case .watermark: if !isPaused, areFramesSettled { watermark = record }
        default: break
        }
    }

    mutating func removeAll() {
        notes.removeAll(keepingCapacity: true)
        samples.removeAll(keepingCapacity: true)
        watermark = nil
    }
}
