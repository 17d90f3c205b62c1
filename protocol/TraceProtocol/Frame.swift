import NIOCore
import SwiftProtobuf

/// One frame: its type and its body (what follows the type byte on the wire).
public struct Frame: Sendable, Equatable {
    public var type: FrameType
    public var body: ByteBuffer

    public init(_ type: FrameType, _ body: ByteBuffer) {
        self.type = type
        self.body = body
    }

    /// A frame whose body is a Protocol Buffers message.
    public init(_ type: FrameType, _ message: some Message) throws {
        let bytes: [UInt8] = try message.serializedBytes()
        self.init(type, ByteBuffer(bytes: bytes))
    }

    /// Bytes that this frame takes on the wire.
    public var wireLength: Int { Frame.prefixLength + body.readableBytes }

    /// Length field and type byte, bytes.
    static let prefixLength = 5

    /// The body read as a Protocol Buffers message. Unknown fields of a newer peer are kept, not refused.
    ///
    /// - Parameter parts: the most texts, byte strings and messages in it, if fewer than `FrameType.maximumParts`.
    /// - Throws: `ProtocolError.malformed` when the bytes are not such a message, or would take too much memory.
    public func message<M: Message>(
        _ kind: M.Type = M.self, parts: Int = .max
    ) throws(ProtocolError) -> M {
        let limit = min(parts, type.maximumParts)
        // A part has two bytes at least.
        if limit < body.readableBytes / 2,
            body.withUnsafeReadableBytes({ MessageScan.parts(of: $0, limit: limit) }) > limit
        {
            throw .malformed(type, "more than \(limit) parts")
        }
        do {
            return try M(serializedBytes: Array(body.readableBytesView))
        } catch {
            throw .malformed(type, "not a valid \(M.protoMessageName)")
        }
    }
}

/// What a peer did that the protocol does not allow. The connection ends with it.
public enum ProtocolError: Error, Equatable, Sendable {
    /// A length field over the limit for its type.
    case tooLong(FrameType, length: Int, limit: Int)
    /// A length field of 0.
    case empty
    case malformed(FrameType, String)
    /// A frame that this peer may not send, or not now.
    case unexpected(FrameType, String)
    /// No version both sides speak.
    case noCommonVersion(ours: [UInt32], theirs: [UInt32])
    /// The peer sent more bytes of numbered frames than it had been granted.
    case creditExceeded(by: Int)
    /// A hole in the sequence numbers of a stream.
    case sequenceGap(expected: UInt64, got: UInt64)
}

extension ProtocolError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .tooLong(let type, let length, let limit):
            "\(type) states a body of \(length) bytes, \(limit) are allowed"
        case .empty: "a frame of length 0"
        case .malformed(let type, let why): "malformed \(type): \(why)"
        case .unexpected(let type, let why): "unexpected \(type): \(why)"
        case .noCommonVersion(let ours, let theirs):
            "no common protocol version: this side speaks \(list(ours)), the peer speaks \(list(theirs))"
        case .creditExceeded(let by): "the peer sent \(by) bytes more than it was granted"
        case .sequenceGap(let expected, let got): "stream frame \(got) arrived where \(expected) was expected"
        }
    }

    private func list(_ versions: [UInt32]) -> String {
        versions.isEmpty ? "none" : versions.map(String.init).joined(separator: ", ")
    }
}
