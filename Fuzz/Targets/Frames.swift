import NIOCore
import TraceProtocol

private let directions: [FrameDirection?] = [nil, .fromAgent, .toAgent, .fromOperator, .toOperator, .fromPeers]

/// One byte for the direction, one for where the stream is cut, then a stream of frames. Whole or cut it gives the same
/// frames and the same error, and the frames written again are the bytes that they came from.
@Sendable func fuzzFrames(_ input: UnsafeRawBufferPointer) {
    var bytes = FuzzBytes(input)
    let direction = directions[Int(bytes.byte()) % directions.count]
    let cut = Int(bytes.byte()) + 1
    let whole = decode([bytes.rest], direction)
    let pieces = stride(from: 0, to: bytes.rest.count, by: cut).map { start in
        UnsafeRawBufferPointer(rebasing: bytes.rest[start..<min(start + cut, bytes.rest.count)])
    }
    let cutUp = decode(pieces, direction)
    precondition(whole.frames == cutUp.frames && whole.error == cutUp.error, "cuts change what is read")
    var again = ByteBuffer()
    for frame in whole.frames {
        do {
            try frame.write(into: &again)
        } catch {
            fatalError("a frame that was read cannot be written: \(error)")
        }
    }
    precondition(again.readableBytesView.elementsEqual(bytes.rest.prefix(again.readableBytes)), "other bytes")
}

private func decode(
    _ pieces: [UnsafeRawBufferPointer], _ direction: FrameDirection?
) -> (frames: [Frame], error: ProtocolError?) {
    let processor = NIOSingleStepByteToMessageProcessor(FrameDecoder(accepting: direction))
    var frames: [Frame] = []
    do {
        for piece in pieces { try processor.process(buffer: ByteBuffer(piece)) { frames.append($0) } }
    } catch let error as ProtocolError {
        return (frames, error)
    } catch {
        fatalError("an error that is no protocol error: \(error)")
    }
    return (frames, nil)
}
