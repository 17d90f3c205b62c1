import NIOCore
import SwiftProtobuf
import Synchronization
import TraceProtocol

/// What a session's reading threads share with the connection: readers append frames, the connection's event loop sends
/// and acknowledges them. All methods are safe from any thread and hold the lock briefly.
public final class SessionStream: Sendable {
    public let session: UInt64
    private let state: Mutex<Spool>
    /// Called after something was appended; must be cheap and thread-safe.
    private let onAppend: @Sendable () -> Void

    public init(session: UInt64, budget: Int, onAppend: @escaping @Sendable () -> Void) {
        self.session = session
        self.onAppend = onAppend
        state = Mutex(Spool(budget: budget))
    }

    public var hasRoom: Bool { state.withLock { $0.hasRoom } }
    public var lastSequence: UInt64 { state.withLock { $0.lastSequence } }
    public var isAcknowledged: Bool { state.withLock { $0.isAcknowledged } }
    public var bytes: Int { state.withLock { $0.bytes } }

    /// Gives a frame the next sequence number and keeps it. The first 16 bytes of its body are room for that number.
    public func append(_ frame: consuming Frame) {
        state.withLock { spool in
            frame.body.setInteger(session, at: frame.body.readerIndex)
            frame.body.setInteger(spool.lastSequence + 1, at: frame.body.readerIndex + 8)
            spool.append(frame)
        }
        onAppend()
    }

    /// The next frame to put on the connection.
    func next() -> Frame? {
        state.withLock { $0.next() }
    }

    /// Runs `body` on the spool under the lock.
    public func withSpool<T>(_ body: (inout sending Spool) throws(ProtocolError) -> sending T) throws(ProtocolError)
        -> T
    {
        try state.withLock(body)
    }
}

extension Frame {
    /// A numbered frame around a message, with room for its number.
    static func numbered(_ type: FrameType, _ message: some Message) throws -> Frame {
        let bytes: [UInt8] = try message.serializedBytes()
        var body = ByteBuffer()
        body.reserveCapacity(StreamNumber.length + bytes.count)
        StreamNumber(session: 0, sequence: 0).write(into: &body)
        body.writeBytes(bytes)
        return Frame(type, body)
    }
}
