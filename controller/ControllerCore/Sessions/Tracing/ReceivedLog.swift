import SessionStore
import SystemFacts
import TraceProtocol

/// What has come of one node of a session, and what of it is certain: a log that cannot be written goes back to what is
/// settled, and the frames behind that come again.
struct ReceivedLog {
    /// Readers may read up to here.
    var position = LogPosition.start
    /// Clock samples that are added together with what comes next: of sixty sessions each log would otherwise be
    /// written twenty times a second for them alone.
    var samples: [LogRecord] = []
    /// It has samples: its readers know the node's clock.
    var hasClock = false
    /// Its last watermarks: a node owes the totals of these CPUs.
    var watched: [Watermark.Entry] = []
    /// The last ones before which everything is settled.
    private(set) var reached: [Watermark.Entry] = []
    /// Events of settled frames, by CPU.
    private(set) var events: [UInt32: UInt64] = [:]
    /// Where the pages of the last settled batch begin, by CPU: ns of the node's trace clock.
    private(set) var begun: [UInt32: UInt64] = [:]
    /// What was lost with agents that died, of settled frames, until it is taken.
    private var losses: [WireStreamLoss] = []
    /// Its last frame, once that is settled.
    private(set) var finish: Finish?

    private var newEvents: [(sequence: UInt64, cpu: UInt32, events: UInt32, begin: UInt64)] = []
    private var newLosses: [(sequence: UInt64, WireStreamLoss)] = []
    private var newWatermarks: [(after: UInt64, through: Through)] = []
    private var newFinish: (sequence: UInt64, Finish)?

    struct Finish {
        var message: WireFinish
        /// When it came.
        var at: MonotonicRawInstant
    }

    /// Everything up to a time has come.
    struct Through {
        /// ns of the node's trace clock.
        var time: Int64
        /// When the node said so.
        var heard: MonotonicRawInstant
        /// By CPU.
        var entries: [Watermark.Entry] = []
    }

    init() {}

    /// What an earlier controller process has stored.
    init(_ recovered: RecoveredLog) {
        position = recovered.position
        (watched, reached) = (recovered.watched, recovered.watched)
        events = recovered.events
        begun = recovered.begun
        finish = recovered.finish
        hasClock = recovered.clock.newestReply != nil
    }

    mutating func add(_ batch: BatchHeader, sequence: UInt64) {
        newEvents.append((sequence, batch.cpu, batch.events, batch.firstTimestamp))
    }

    mutating func add(_ loss: WireStreamLoss, sequence: UInt64) {
        newLosses.append((sequence, loss))
    }

    mutating func add(_ finish: WireFinish, sequence: UInt64, at now: MonotonicRawInstant) {
        newFinish = (sequence, Finish(message: finish, at: now))
    }

    /// - Parameters:
    ///   - sequence: of the last frame before it.
    ///   - settled: everything up to here is settled.
    /// - Returns: the time up to which everything is settled, if that has moved.
    mutating func add(_ through: Through, after sequence: UInt64, settled: UInt64) -> Through? {
        newWatermarks.append((sequence, through))
        return settle(settled)
    }

    /// Everything up to a sequence number is settled.
    ///
    /// - Returns: the time up to which everything is settled, if that has moved.
    mutating func settle(_ sequence: UInt64) -> Through? {
        let count = newEvents.prefix { $0.sequence <= sequence }.count
        for batch in newEvents.prefix(count) {
            events[batch.cpu, default: 0] &+= UInt64(batch.events)
            begun[batch.cpu] = max(begun[batch.cpu] ?? 0, batch.begin)
        }
        let stated = newLosses.prefix { $0.sequence <= sequence }
        losses += stated.map(\.1)
        newLosses.removeFirst(stated.count)
        newEvents.removeFirst(count)
        if let (number, last) = newFinish, number <= sequence { (finish, newFinish) = (last, nil) }
        let through = newWatermarks.prefix { $0.after <= sequence }
        newWatermarks.removeFirst(through.count)
        if let last = through.last { reached = last.through.entries }
        return through.last?.through
    }

    /// What was lost with agents that died and has been settled since the last call.
    mutating func takeLosses() -> [WireStreamLoss] {
        defer { losses.removeAll() }
        return losses
    }

    /// What is not settled comes again.
    mutating func rewind() {
        newEvents.removeAll()
        newLosses.removeAll()
        newWatermarks.removeAll()
        newFinish = nil
    }
}
