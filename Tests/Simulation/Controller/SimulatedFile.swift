import NIOCore

/// A file on the controller's disk. What was written survives the process; what was synchronized survives the power.
final class SimulatedFile {
    private(set) var bytes = ByteBuffer()
    /// Bytes that survive a power cut.
    private(set) var durable = 0

    var length: Int { bytes.writerIndex }

    func write(_ piece: ByteBuffer, at offset: Int) {
        bytes.moveWriterIndex(to: offset)
        bytes.writeImmutableBuffer(piece)
        durable = min(durable, offset)
    }

    func truncate(to length: Int) {
        bytes.moveWriterIndex(to: min(length, self.length))
        durable = min(durable, self.length)
    }

    func synchronize() { durable = length }

    /// The power fails. Of what was not synchronized, `part` reached the disk.
    func losePower(keeping part: Int) {
        bytes.moveWriterIndex(to: min(length, durable + part))
        durable = length
    }
}
