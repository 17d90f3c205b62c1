import RingBuffer
import Synchronization
import SystemFacts
import TraceProtocol

/// Counts the events of all CPUs of a session from their pages, on the threads that read these.
///
/// Unchecked: `tally` is touched only with `lock` held, which the compiler cannot follow through views of pages.
final class RecordCounter<Tally: RecordTally & ~Copyable>: PageSink, @unchecked Sendable {
    private let layout: SubBufferLayout
    private let lock = Mutex(())
    private var tally: Tally
    /// Keys hold names of tasks.
    let needsNames: Bool

    init(_ tally: consuming Tally, layout: SubBufferLayout) {
        self.layout = layout
        needsNames = tally.needsNames
        self.tally = tally
    }

    var hasRoom: Bool { lock.withLock { _ in tally.hasRoom } }

    func willRead(into buffer: ReadBuffer, cpu: Int, subBufferSize: Int) {}

    func consume(_ length: Int, of buffer: ReadBuffer, cpu: Int, writer: BatchWriter) -> UInt64 {
        let pages = buffer.pages[..<length]
        return lock.withLock { _ in
            var events: UInt64 = 0
            var sequence = SubBufferSequence(
                UnsafeRawBufferPointer(rebasing: pages), layout: layout, spacing: .fullSize)
            // A malformed page is left out: its events show as missing in the totals.
            while let page = try? sequence.next() {
                var cursor = page.records()
                while let record = try? cursor.next() {
                    events &+= 1
                    tally.ingest(record.payload, time: record.timestamp, cpu: cpu)
                }
            }
            return events
        }
    }

    func settled(cpu: Int, through time: UInt64) {
        lock.withLock { _ in tally.settle(cpu: cpu, through: time) }
    }

    /// The names of all tasks, read at this moment.
    func setNames(_ names: [Int32: String], readAt moment: MonotonicRawInstant) {
        lock.withLock { _ in tally.setNames(names, readAt: UInt64(moment.nanoseconds)) }
    }

    var wantsNames: Bool { lock.withLock { _ in tally.wantsNames } }

    /// What has been counted so far; `lost` are only records that the tally could not count.
    func counted() -> CountedRows {
        lock.withLock { _ in CountedRows(rows: tally.rows(), lost: tally.uncounted, unmatched: tally.unmatched) }
    }
}
