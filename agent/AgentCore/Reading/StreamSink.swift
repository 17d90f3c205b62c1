import RingBuffer
import TraceProtocol

/// Sends pages to the controller.
struct StreamSink: PageSink {
    let stream: SessionStream
    let layout: SubBufferLayout
    let codec: NegotiatedCodec

    var hasRoom: Bool { stream.hasRoom }

    func consume(_ pages: UnsafeMutableRawBufferPointer, cpu: Int, writer: BatchWriter) throws -> UInt64 {
        guard let batch = try writer.batch(of: pages, layout: layout, cpu: cpu, codec: codec.current) else { return 0 }
        stream.append(batch.frame)
        return batch.events
    }

    /// The controller learns it from watermarks.
    func settled(cpu: Int, through time: UInt64) {}
}
