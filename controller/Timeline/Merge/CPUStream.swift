import DequeModule
import NIOCore
import RingBuffer
import TraceClock
import TraceProtocol

/// The events of one node's CPU, in their order. Batches stay packed until their turn, so memory is bounded by
/// what has arrived and not been put out, not by what it unpacks to.
final class CPUStream {
    let node: Int
    let cpu: UInt32
    /// Number in the loser tree.
    let number: Int

    private var queue: Deque<Batch> = []
    /// Packed bytes waiting.
    private(set) var queuedBytes = 0
    private var pages = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var sequence: SubBufferSequence?
    private var cursor: RecordCursor?

    /// The event at the head; nil while there is none.
    private(set) var current: Record?
    /// What the kernel says it lost just before `current`.
    private(set) var missed = MissedEvents.none
    /// The piece of the node's clock path that maps `current`.
    var segment: ClockSegment?
    /// Events taken so far; orders events of the same nanosecond.
    private(set) var taken: UInt64 = 0
    private(set) var tally = Tally()

    /// What has come, for the account at the end.
    struct Tally {
        var events: UInt64 = 0
        /// As the pages state it; the kernel cannot always say how many.
        var lostOnPages: UInt64 = 0
        var hasUnknownLoss = false
        /// Pages or batches that could not be read, with the first reason.
        var damaged = 0
        var firstDamage: String?
    }

    init(node: Int, cpu: UInt32, number: Int) {
        self.node = node
        self.cpu = cpu
        self.number = number
    }

    deinit {
        pages.deallocate()
    }

    func append(_ batch: Batch) {
        queue.append(batch)
        queuedBytes += batch.payload.readableBytes
    }

    /// Moves to the next event.
    ///
    /// - Returns: false when there is none for now.
    func advance(layout: SubBufferLayout, unpacker: Unpacker) -> Bool {
        missed = .none
        while true {
            if let record = nextInPage() {
                current = record
                taken &+= 1
                tally.events &+= 1
                return true
            }
            if nextPage() { continue }
            guard nextBatch(layout, unpacker) else {
                current = nil
                return false
            }
        }
    }

    private func nextInPage() -> Record? {
        do throws(SubBufferError) {
            return try cursor?.next()
        } catch {
            damage("\(error)")
            cursor = nil
            return nil
        }
    }

    private func nextPage() -> Bool {
        cursor = nil
        do throws(SubBufferError) {
            guard let page = try sequence?.next() else { return false }
            note(page.missedEvents)
            cursor = page.records()
            return true
        } catch {
            damage("\(error)")
            sequence = nil
            return false
        }
    }

    private func note(_ news: MissedEvents) {
        switch (missed, news) {
        case (_, .none): return
        case (.none, _): missed = news
        case (.count(let one), .count(let two)): missed = .count(one &+ two)
        default: missed = .unknown
        }
        switch news {
        case .none: break
        case .unknown: tally.hasUnknownLoss = true
        case .count(let count): tally.lostOnPages &+= count
        }
    }

    private func nextBatch(_ layout: SubBufferLayout, _ unpacker: Unpacker) -> Bool {
        sequence = nil
        while let batch = queue.popFirst() {
            queuedBytes -= batch.payload.readableBytes
            do throws(CodecError) {
                try unpack(batch, unpacker)
                sequence = SubBufferSequence(UnsafeRawBufferPointer(pages), layout: layout, spacing: .packed)
                return true
            } catch {
                damage("\(error)")
            }
        }
        pages.deallocate()
        pages = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        return false
    }

    private func unpack(_ batch: Batch, _ unpacker: Unpacker) throws(CodecError) {
        let length = Int(batch.header.rawLength)
        if pages.count != length {
            pages.deallocate()
            pages = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 16)
        }
        let target = pages
        do {
            try batch.payload.withUnsafeReadableBytes { input in
                try unpacker.unpack(input, codec: batch.header.codec, into: target)
            }
        } catch {
            throw error as? CodecError ?? .corrupt(batch.header.codec, "\(error)")
        }
    }

    private func damage(_ reason: String) {
        tally.damaged += 1
        if tally.firstDamage == nil { tally.firstDamage = reason }
    }
}
