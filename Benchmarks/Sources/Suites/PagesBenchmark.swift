import RingBuffer

/// How fast records are found in pages: headers walked, payloads touched, nothing rendered.
enum PagesBenchmark {
    static func run(_ recording: Recording) -> [Measurement] {
        var sum: UInt64 = 0
        let walked = Stopwatch.repeated {
            var events = 0
            for region in recording.regions {
                var sequence = SubBufferSequence(region.bytes, layout: recording.layout, spacing: .packed)
                while let page = try? sequence.next() {
                    var cursor = page.records()
                    while let record = try? cursor.next() {
                        // The event's number, so that the payload is really read.
                        sum &+= record.timestamp &+ UInt64(record.payload.loadUnaligned(as: UInt16.self))
                        events &+= 1
                    }
                }
            }
            return Double(events)
        }
        let counted = Stopwatch.repeated {
            var events: UInt64 = 0
            for region in recording.regions {
                events &+= SubBufferSequence(region.bytes, layout: recording.layout, spacing: .packed).count().events
            }
            return Double(events)
        }
        return [
            Measurement("pages.parsed", walked.work / walked.1.cpu, "events/s/core", note: sum == 0 ? "no events" : ""),
            Measurement("pages.counted", counted.work / counted.1.cpu, "events/s/core", note: "as the agent counts"),
        ]
    }
}
