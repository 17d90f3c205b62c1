import NIOCore

/// Cuts a byte stream into frames: 4-byte big-endian length of what follows, 1-byte type, body.
///
/// The decoder looks up the limit of the type before it waits for the body, so a hostile length never makes the
/// receiver allocate. Use it with `NIOSingleStepByteToMessageProcessor` or `ByteToMessageHandler`.
public struct FrameDecoder: NIOSingleStepByteToMessageDecoder {
    public typealias InboundOut = Frame

    private let direction: FrameDirection?

    /// - Parameter direction: the decoder accepts only known types that travel in it, and refuses others by their
    ///   prefix alone; nil for all.
    public init(accepting direction: FrameDirection? = nil) {
        self.direction = direction
    }

    public mutating func decode(buffer: inout ByteBuffer) throws -> Frame? {
        guard let length = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self).map(Int.init) else { return nil }
        guard length > 0 else { throw ProtocolError.empty }
        guard let raw = buffer.getInteger(at: buffer.readerIndex + 4, as: UInt8.self) else { return nil }
        let type = FrameType(rawValue: raw)
        if let direction, type.isKnown, !type.travels(direction) {
            throw ProtocolError.unexpected(type, "it does not travel in this direction")
        }
        let bodyLength = length - 1
        guard bodyLength <= type.maximumBody else {
            throw ProtocolError.tooLong(type, length: bodyLength, limit: type.maximumBody)
        }
        guard buffer.readableBytes >= Frame.prefixLength + bodyLength else { return nil }
        buffer.moveReaderIndex(forwardBy: Frame.prefixLength)
        guard let body = buffer.readSlice(length: bodyLength) else { return nil }
        return Frame(type, body)
    }

    public mutating func decodeLast(buffer: inout ByteBuffer, seenEOF: Bool) throws -> Frame? {
        try decode(buffer: &buffer)
    }
}

/// Writes each frame's prefix and body in one piece.
///
/// It keeps no buffer (NIO's `MessageToByteHandler` does): one that has held a node's symbols once would hold megabytes
/// for as long as the connection lasts.
public final class FrameWriter: ChannelOutboundHandler {
    public typealias OutboundIn = Frame
    public typealias OutboundOut = ByteBuffer

    public init() {}

    public func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let frame = unwrapOutboundIn(data)
        var bytes = context.channel.allocator.buffer(capacity: frame.wireLength)
        do {
            try frame.write(into: &bytes)
        } catch {
            promise?.fail(error)
            return context.fireErrorCaught(error)
        }
        context.write(wrapOutboundOut(bytes), promise: promise)
    }
}

extension Frame {
    /// Appends the frame in its form on the wire.
    ///
    /// - Throws: `ProtocolError.tooLong` for a frame that no peer would accept.
    public func write(into out: inout ByteBuffer) throws(ProtocolError) {
        guard body.readableBytes <= type.maximumBody else {
            throw .tooLong(type, length: body.readableBytes, limit: type.maximumBody)
        }
        out.reserveCapacity(minimumWritableBytes: wireLength)
        out.writeInteger(UInt32(body.readableBytes + 1))
        out.writeInteger(type.rawValue)
        out.writeImmutableBuffer(body)
    }
}
