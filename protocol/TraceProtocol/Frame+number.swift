import NIOCore
import SwiftProtobuf

/// Numbered frames: their body begins with a ``StreamNumber``.
extension Frame {
    /// A numbered frame around a message.
    public init(_ type: FrameType, _ number: StreamNumber, _ message: some Message) throws {
        let bytes: [UInt8] = try message.serializedBytes()
        var body = ByteBuffer()
        body.reserveCapacity(StreamNumber.length + bytes.count)
        number.write(into: &body)
        body.writeBytes(bytes)
        self.init(type, body)
    }

    /// Writes another number in the place of the frame's.
    public mutating func setNumber(_ number: StreamNumber) {
        body.setInteger(number.session, at: body.readerIndex)
        body.setInteger(number.sequence, at: body.readerIndex + MemoryLayout<UInt64>.size)
    }
}
