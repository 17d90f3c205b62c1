import DequeModule
import NIOCore
import RingBuffer
import TraceClock
import TraceDat
import TraceProtocol

/// The events of one node's CPU, in their order. Batches stay packed until their turn, so memory is bounded by the
/// packed bytes that wait. A recording's pages are read when their turn comes.
final class CPUStream {
    let node: Int
    /// The node that owns this stream, and outlives it.
    let timeline: Unmanaged<NodeTimeline>
    let cpu: UInt32
    /// Index in the loser tree.
    let index: Int

    private var queue: Deque<Batch> = []
    /// The pages, where they come from a trace.dat file.
    private let recording: TraceDatPageReader?
    /// How the recording's time stamps become its node's time; nil where they are that already.
    let correction: TimestampCorrection?
    private var memory: UnsafeMutableRawBufferPointer?
    /// Whether an event that lies in `memory` was handed out.
    private var hasEvents = false
    private var sequence: SubBufferSequence?

    /// Position after `current` in its page; nil before the first page and after the last. The merge walks a copy of
    /// it.
    var cursor: RecordCursor?
    /// The event at the head; nil while there is none.
    var current: Record?
    /// Events consumed so far.
    var consumed: UInt64 = 0
    /// Losses just before `current`, as the kernel states them.
    var missed = MissedEvents.none
    /// The piece of the node's clock path that maps `current`.
    var segment: ClockSegment?
    private var news = Tally()

    /// Counts for the account at the end.
    struct Tally {
        var events: UInt64 = 0
        /// Pages or batches that could not be read, with the first reason.
        var damaged = 0
        var firstDamage: String?

        mutating func damage(_ reason: String) {
            damaged += 1
            if firstDamage == nil { firstDamage = reason }
        }
    }

    var tally: Tally {
        var tally = news
        tally.events = consumed
        return tally
    }

    init(
        node: NodeTimeline, cpu: UInt32, index: Int, recording: TraceDatPageReader? = nil,
        correction: TimestampCorrection? = nil
    ) {
        self.node = node.index
        timeline = .passUnretained(node)
        self.cpu = cpu
        self.index = index
        self.recording = recording
        self.correction = correction
    }

    deinit { memory?.deallocate() }

    func append(_ batch: Batch) {
        queue.append(batch)
    }

    /// Moves to the next event.
    ///
    /// - Returns: false when there is none for now.
    func advance(layout: SubBufferLayout, unpacker: PageUnpacker) -> Bool {
        missed = .none
        while true {
            if let record = nextInPage() {
                current = record
                consumed &+= 1
                return true
            }
            if nextPage() { continue }
            guard nextPages(layout, unpacker) else {
                current = nil
                return false
            }
        }
    }

    /// Counts everything that waits, without handing it out.
    func countAll(layout: SubBufferLayout, unpacker: PageUnpacker) {
        while true {
            while nextPage() {
                guard var records = cursor else { continue }
                let count = records.countRemaining()
                consumed &+= UInt64(count.events)
                if let error = count.error { damage("\(error)") }
            }
            guard nextPages(layout, unpacker) else { return }
        }
    }

    private func nextInPage() -> Record? {
        guard var cursor else { return nil }
        do throws(SubBufferError) {
            let record = try cursor.next()
            self.cursor = cursor
            if record != nil { hasEvents = true }
            return record
        } catch {
            damage("\(error)")
            self.cursor = nil
            return nil
        }
    }

    private func nextPage() -> Bool {
        cursor = nil
        guard var pages = sequence else { return false }
        do throws(SubBufferError) {
            let next = try pages.next()
            sequence = pages
            guard let page = next else { return false }
            missed.add(page.missedEvents)
            cursor = page.records()
            return true
        } catch {
            // After a damaged full-size page the next one can be found; after a packed one it cannot.
            sequence = pages
            damage("\(error)")
            return true
        }
    }

    private func nextPages(_ layout: SubBufferLayout, _ unpacker: PageUnpacker) -> Bool {
        while true {
            sequence = nil
            unpacker.pool.retire(&memory, hasEvents: hasEvents)
            hasEvents = false
            do {
                if let recording {
                    guard let pages = try unpacker.unpack(from: recording, into: &memory) else { return false }
                    sequence = SubBufferSequence(pages, layout: layout, spacing: .fullSize)
                } else {
                    guard let batch = queue.popFirst() else { return false }
                    let pages = try unpacker.unpack(batch, into: &memory)
                    sequence = SubBufferSequence(pages, layout: layout, spacing: .packed)
                }
                return true
            } catch {
                damage("\(error)")
            }
        }
    }

    /// A time stamp as the clock's ns. Absurd ones stay below the time that stands for "no event".
    @inline(__always)
    func stamp(_ timestamp: UInt64) -> Int64 {
        guard let correction else { return NodeTimeline.stamp(timestamp) }
        return NodeTimeline.stamp(correction.time(of: timestamp))
    }

    /// Something could not be read.
    func damage(_ reason: String) {
        news.damage(reason)
    }
}
