import NIOCore
import RingBuffer
import TraceDat
import TraceProtocol

/// Moves a node's pages from batches into a trace.dat file, and counts what they hold. A page is written as the kernel
/// wrote it, unless a part of it cannot be read or something before it is missing: then its header states lost events,
/// as the kernel's own pages do.
final class PageExport {
    let writer: TraceDatWriter
    private let layout: SubBufferLayout
    private let unpacker = Unpacker()
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: Batch.maximumRaw, alignment: 16)
    private(set) var tallies: [UInt32: CPUStream.Tally] = [:]
    /// Losses that the next page of a CPU must state, besides its own.
    private var missed: [UInt32: MissedEvents] = [:]
    /// Whether something was lost before the first page of a CPU that has none yet.
    private var isStartLost = false
    /// Time of the latest event, ns of the trace clock.
    private(set) var lastTimestamp: UInt64?

    init(to writer: TraceDatWriter) {
        self.writer = writer
        layout = writer.layout
    }

    deinit { memory.deallocate() }

    /// Notes that events of any CPU may be missing here.
    func noteLoss() {
        isStartLost = true
        for cpu in missed.keys { missed[cpu] = .unknown }
    }

    /// Writes a batch's pages; what cannot be read is in the CPU's tally.
    func append(_ batch: Batch) throws(TraceDatWriteError) {
        let cpu = batch.header.cpu
        var tally = tallies[cpu] ?? CPUStream.Tally()
        var missed = self.missed[cpu] ?? (isStartLost ? .unknown : .none)
        defer {
            tallies[cpu] = tally
            self.missed[cpu] = missed
        }
        let region = UnsafeMutableRawBufferPointer(rebasing: memory[..<Int(batch.header.rawLength)])
        do {
            try batch.payload.withUnsafeReadableBytes { input in
                try unpacker.unpack(input, codec: batch.header.codec, into: region)
            }
        } catch {
            tally.damage("\(error)")
            missed = .unknown
            return
        }
        var sequence = SubBufferSequence(UnsafeRawBufferPointer(region), layout: layout, spacing: .packed)
        while sequence.offset < region.count {
            let start = sequence.offset
            let page: SubBuffer?
            do throws(SubBufferError) {
                page = try sequence.next()
            } catch {
                tally.damage("\(error)")
                missed = .unknown
                return
            }
            guard let page else { return }
            try append(
                page, UnsafeMutableRawBufferPointer(rebasing: region[start..<start + page.usedLength]), cpu, &missed,
                &tally)
        }
    }

    private func append(
        _ page: SubBuffer, _ bytes: UnsafeMutableRawBufferPointer, _ cpu: UInt32, _ missed: inout MissedEvents,
        _ tally: inout CPUStream.Tally
    ) throws(TraceDatWriteError) {
        var records = page.records()
        let count = records.countRemaining()
        missed.add(page.missedEvents)
        var used = bytes.count
        if count.error != nil || missed != page.missedEvents {
            let whole = count.error.map { $0.offset - layout.dataOffset } ?? page.committedLength
            used = layout.setHeader(of: bytes, committed: whole, missed: missed)
        }
        // A loss is stated before an event; a page without one cannot state it.
        if count.events > 0 {
            tally.events &+= UInt64(count.events)
            lastTimestamp = max(lastTimestamp ?? 0, count.lastTimestamp ?? 0)
            try writer.append(UnsafeRawBufferPointer(rebasing: bytes[..<used]), cpu: cpu)
            missed = .none
        }
        if let error = count.error {
            tally.damage("\(error)")
            missed = .unknown
        }
    }
}
