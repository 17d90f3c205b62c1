import SessionStore
import TraceProtocol

/// Records of a log that its controller made itself and that are not settled: what happened to the node, and samples of
/// its clock. When the log goes back they are written again. Watermarks are not among them: the next one replaces them.
struct UnsettledRecords {
    private var notes: [LogRecord] = []
    private var samples: [LogRecord] = []

    /// In the order in which a log has them does not matter to a reader: each has its time.
    var records: [LogRecord] { samples + notes }

    /// While a log is paused, a sample a second is enough: a bound grows by 0.5 ms in a second without one.
    private static let sampleInterval: Int64 = 1_000_000_000
    /// 10 minutes of them. A longer pause has wider bounds at its beginning.
    private static let mostSamples = 600
    /// Of a node that comes and goes while its log is paused, the first ones.
    private static let mostNotes = 1000

    mutating func add(_ record: LogRecord, isPaused: Bool) {
        switch record.frame.type {
        case .nodeNote: if notes.count < Self.mostNotes { notes.append(record) }
        case .clockSample:
            if isPaused, let last = samples.last, record.received - last.received < Self.sampleInterval { return }
            samples.append(record)
            if samples.count > Self.mostSamples { samples.removeFirst() }
        default: break
        }
    }

    mutating func removeAll() {
        notes.removeAll(keepingCapacity: true)
        samples.removeAll(keepingCapacity: true)
    }
}
