import EventFormat
import RingBuffer

/// How fast events become lines of the kernel's `trace` file, in a buffer that is reused. Beside it a walk over the same
/// events that renders nothing.
enum RenderBenchmark {
    /// Bytes of lines after which the buffer is emptied. Nothing is written.
    private static let flushSize = 128 << 10
    private static let eventsPerRun = 2_000_000

    static func run(_ recording: RecordedPages) -> [Measurement] {
        let catalog = recording.catalog
        let tasks = recording.taskNames
        var text = TextBuffer(capacity: 256 << 10)
        var bytes = 0
        var lines = 0.0
        let (work, elapsed) = Stopwatch.repeated {
            var events = 0
            for region in recording.regions where events < Self.eventsPerRun {
                var sequence = SubBufferSequence(region.bytes, layout: recording.layout, spacing: .packed)
                while let page = try? sequence.next() {
                    var cursor = page.records()
                    while let record = try? cursor.next() {
                        let common = catalog.commonFields
                        FtraceLine.appendPrefix(
                            tasks: tasks, pid: common.pid(of: record.payload) ?? 0, cpu: Int(region.cpu),
                            flags: common.latencyFlags(of: record.payload) ?? LatencyFlags(flags: 0, preemptCount: 0),
                            timestamp: record.timestamp, to: &text)
                        catalog.render(
                            record.payload, context: RenderContext(timestamp: record.timestamp, cpu: Int(region.cpu)),
                            into: &text)
                        text.append(10 as UInt8)
                        events &+= 1
                        if text.count >= Self.flushSize {
                            bytes &+= text.count
                            text.removeAll()
                        }
                    }
                }
            }
            lines += Double(events)
            return Double(events)
        }
        return [
            Measurement("render.walked", PagesBenchmark.walk(recording).eventsPerSecond, "events/s/core"),
            Measurement(
                "render.lines", work / elapsed.cpu, "lines/s/core",
                note: "\(ResultWriter.number(Double(bytes) / max(1, lines))) bytes a line"),
        ]
    }
}
