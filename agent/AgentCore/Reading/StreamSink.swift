import RingBuffer
import TraceProtocol

/// Sends pages to the controller.
struct StreamSink: PageSink {
    let stream: SessionStream
    let layout: SubBufferLayout
    let codec: NegotiatedCodec

    var hasRoom: Bool { stream.hasRoom }

    func willRead(into buffer: ReadBuffer, cpu: Int, subBufferSize: Int) {
        guard stream.isOnDisk else { return }
        buffer.begin(stream.session, cpu: cpu, after: stream.lastSequence, subBufferSize: subBufferSize)
    }

    func consume(_ length: Int, of buffer: ReadBuffer, cpu: Int, writer: BatchWriter) throws -> UInt64 {
        let pages = buffer.movable(length)
        guard let batch = try writer.batch(of: pages, layout: layout, cpu: cpu, codec: codec.current) else {
            buffer.markKept()
            return 0
        }
        stream.append(batch.frame) { buffer.markKept() }
        return batch.events
    }

    /// The controller learns it from watermarks.
    func settled(cpu: Int, through time: UInt64) {}
}
