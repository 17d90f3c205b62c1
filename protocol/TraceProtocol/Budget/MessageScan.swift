import NIOCore

/// A walk over a Protocol Buffers message that decodes nothing: to see whom a message is for, and how much memory it
/// would take, before memory is spent on it.
///
/// Decoded, a field of two bytes can become an object of some hundred: 32 MiB of empty rows are 16 million objects.
enum MessageScan {
    /// The value of a top-level field that is a varint or fixed64; 0 when it is not there, as in proto3.
    ///
    /// - Returns: nil when the bytes are not a message as far as the field is.
    static func number(_ field: UInt64, in bytes: UnsafeRawBufferPointer) -> UInt64? {
        var walk = Walk(bytes)
        while !walk.isAtEnd {
            guard let (number, content) = walk.next() else { return nil }
            if number == field, case .number(let value) = content { return value }
        }
        return 0
    }

    /// Whether a top-level field is there, as far as the bytes are a message.
    static func has(_ field: UInt64, in bytes: UnsafeRawBufferPointer) -> Bool {
        var walk = Walk(bytes)
        while !walk.isAtEnd, let (number, _) = walk.next() { if number == field { return true } }
        return false
    }

    /// How many texts, byte strings and messages a message holds, inside of each other too. A byte string that could be
    /// read as a message counts as one: without the schema the two look alike.
    ///
    /// - Parameter limit: counting ends above it.
    static func parts(of bytes: UnsafeRawBufferPointer, limit: Int) -> Int {
        count(bytes, limit: limit, depth: 0) ?? 0
    }

    /// Messages of the protocol are not nested more deeply.
    private static let deepest = 8

    /// - Returns: nil when the bytes are no message.
    private static func count(_ bytes: UnsafeRawBufferPointer, limit: Int, depth: Int) -> Int? {
        var walk = Walk(bytes)
        var parts = 0
        while !walk.isAtEnd {
            guard let (_, content) = walk.next() else { return depth == 0 ? parts : nil }
            guard case .part(let part) = content else { continue }
            parts += 1
            if depth < deepest, !part.isEmpty { parts += count(part, limit: limit - parts, depth: depth + 1) ?? 0 }
            if parts > limit { return parts }
        }
        return parts
    }

    private enum Content {
        case number(UInt64)
        case part(UnsafeRawBufferPointer)
    }

    private struct Walk {
        private let bytes: UnsafeRawBufferPointer
        private var at = 0

        init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

        var isAtEnd: Bool { at >= bytes.count }

        /// The next field, or nil when what follows is none. Groups are none: proto3 has no groups.
        mutating func next() -> (UInt64, Content)? {
            guard let tag = varint(), tag >> 3 > 0 else { return nil }
            switch tag & 7 {
            case 0: return varint().map { (tag >> 3, .number($0)) }
            case 1: return fixed(8).map { (tag >> 3, .number($0)) }
            case 2:
                guard let length = varint(), length <= UInt64(bytes.count - at) else { return nil }
                defer { at += Int(length) }
                return (tag >> 3, .part(UnsafeRawBufferPointer(rebasing: bytes[at..<at + Int(length)])))
            case 5: return fixed(4).map { (tag >> 3, .number($0)) }
            default: return nil
            }
        }

        private mutating func varint() -> UInt64? {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 70, by: 7) {
                guard at < bytes.count else { return nil }
                let byte = bytes[at]
                at += 1
                value |= UInt64(byte & 0x7f) << shift
                if byte & 0x80 == 0 { return value }
            }
            return nil
        }

        private mutating func fixed(_ length: Int) -> UInt64? {
            guard bytes.count - at >= length else { return nil }
            defer { at += length }
            return (0..<length).reduce(0) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
        }
    }
}

extension Frame {
    /// The number in a top-level field of the message in the body, without decoding the message.
    ///
    /// - Throws: `ProtocolError.malformed`.
    public func messageNumber(_ field: UInt64) throws(ProtocolError) -> UInt64 {
        guard let number = body.withUnsafeReadableBytes({ MessageScan.number(field, in: $0) }) else {
            throw .malformed(type, "not a message")
        }
        return number
    }

    /// Whether a top-level field of the message in the body is there, without decoding the message.
    public func hasMessageField(_ field: UInt64) -> Bool {
        body.withUnsafeReadableBytes { MessageScan.has(field, in: $0) }
    }
}
