import Glibc
import RingBuffer

/// How fast records are found in pages: headers walked, payloads touched, nothing rendered. Beside it a copy of the same
/// pages, which says how fast this machine's memory is.
enum PagesBenchmark {
    static func run(_ recording: RecordedPages) throws -> [Measurement] {
        let (walked, sum) = walk(recording)
        let counted = Stopwatch.repeated {
            var events: UInt64 = 0
            for region in recording.regions {
                events &+= SubBufferSequence(region.bytes, layout: recording.layout, spacing: .packed).count().events
            }
            return Double(events)
        }
        let copied = copy(recording)
        return [
            Measurement(
                "pages.copied", copied, "events/s/core",
                note: "memcpy of the same pages, \(recording.bytes / max(1, recording.events)) bytes an event"),
            Measurement(
                "pages.parsed", walked, "events/s/core", ratioToPeer: walked / copied, note: sum == 0 ? "no events" : ""
            ),
            Measurement("pages.counted", counted.work / counted.1.cpu, "events/s/core", note: "as the agent counts"),
        ]
    }

    /// Events a second of one core when every record is found and its first two bytes are read.
    ///
    /// - Returns: also a sum of what was read, so that the compiler keeps the reads.
    static func walk(_ recording: RecordedPages) -> (eventsPerSecond: Double, sum: UInt64) {
        var sum: UInt64 = 0
        let (work, elapsed) = Stopwatch.repeated {
            var events = 0
            for region in recording.regions {
                var sequence = SubBufferSequence(region.bytes, layout: recording.layout, spacing: .packed)
                while let page = try? sequence.next() {
                    var cursor = page.records()
                    while let record = try? cursor.next() {
                        // The event's type number.
                        sum &+= record.timestamp &+ UInt64(record.payload.loadUnaligned(as: UInt16.self))
                        events &+= 1
                    }
                }
            }
            return Double(events)
        }
        return (work / elapsed.cpu, sum)
    }

    private static func copy(_ recording: RecordedPages) -> Double {
        let largest = recording.regions.map(\.bytes.count).max() ?? 0
        let target = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, largest), alignment: 16)
        defer { target.deallocate() }
        let (work, elapsed) = Stopwatch.repeated {
            for region in recording.regions { target.copyMemory(from: region.bytes) }
            return Double(recording.events)
        }
        return work / elapsed.cpu
    }
}
