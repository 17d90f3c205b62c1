import RingBuffer
import TraceDat

/// What the events of a trace.dat file say of the buffer that they are from, where its head does not say it.
struct RecordingScan {
    /// The tracer whose events are among the first ones.
    private(set) var tracer = KernelTracer.nop
    /// Events in the file; nil if they were not counted.
    private(set) var held: UInt64?
    /// The same, with those that the kernel lost.
    private(set) var written: UInt64?

    /// A function tracer makes events all the time, so it shows in the first pages of a CPU.
    private static let pages = 64

    /// - Parameter countsEvents: whether to read the whole file for that.
    init(_ recording: RecordingBuffer, countsEvents: Bool) {
        var counts: (held: UInt64, lost: UInt64) = (0, 0)
        for cpu in recording.buffer.cpus {
            // What cannot be read is reported when it is printed.
            guard let reader = try? recording.file.pages(of: recording.buffer, cpu: cpu) else { continue }
            var read = 0
            while read < Self.pages || countsEvents, var pages = try? reader.nextSubBuffers() {
                while let page = try? pages.next() {
                    if read < Self.pages, tracer == .nop { look(at: page, recording.decoding) }
                    read += 1
                    guard countsEvents else { continue }
                    var records = page.records()
                    counts.held += UInt64(records.countRemaining().events)
                    if case .count(let lost) = page.missedEvents { counts.lost += lost }
                }
            }
        }
        guard countsEvents else { return }
        held = counts.held
        written = counts.held + counts.lost
    }

    private mutating func look(at page: SubBuffer, _ decoding: NodeDecoding) {
        var records = page.records()
        while let record = try? records.next() {
            guard let type = decoding.catalog.commonFields.type(of: record.payload),
                let event = decoding.catalog.event(id: type), event.format.system == "ftrace"
            else { continue }
            tracer = KernelTracer(event: event.format.fullName)
            if tracer != .nop { return }
        }
    }
}
