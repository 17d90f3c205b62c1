import FoundationEssentials
import TraceProtocol

/// A key of a table as bytes, written part by part: a tag, and a number or a text.
///
/// Confined to one thread at a time.
struct CountKey: ~Copyable {
    private let room: UnsafeMutableRawBufferPointer
    private(set) var length = 0

    private enum Tag: UInt8 {
        case number, unsigned, text
    }

    /// Room for as many parts as a request can have, the bucket included.
    init() {
        let part = WireCountRequest.longestText + 2
        room = .allocate(byteCount: part * (WireCountRequest.mostKeys + 1), alignment: 8)
    }

    deinit { room.deallocate() }

    /// What has been written.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: room[..<length]) }

    mutating func clear() { length = 0 }

    /// A number of any sign.
    mutating func append(_ number: Int64) {
        append(.number, UInt64(bitPattern: number))
    }

    /// A number that is not negative: equal ones of signed and unsigned fields are one key.
    mutating func append(unsigned number: UInt64) {
        append(number > UInt64(Int64.max) ? .unsigned : .number, number)
    }

    private mutating func append(_ tag: Tag, _ word: UInt64) {
        room[length] = tag.rawValue
        room.storeBytes(of: word, toByteOffset: length &+ 1, as: UInt64.self)
        length &+= 9
    }

    /// A text up to its first NUL, without blanks at its end (the kernel's own tables pad with them), and not longer
    /// than `WireCountRequest.longestText`.
    mutating func append(text: UnsafeRawBufferPointer) {
        let most = min(text.count, WireCountRequest.longestText)
        var end = 0
        while end < most, text[end] != 0 { end &+= 1 }
        while end > 0, text[end &- 1] == UInt8(ascii: " ") { end &-= 1 }
        room[length] = Tag.text.rawValue
        room[length &+ 1] = UInt8(truncatingIfNeeded: end)
        UnsafeMutableRawBufferPointer(rebasing: room[(length &+ 2)...]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: text[..<end]))
        length &+= end &+ 2
    }

    /// The parts of written bytes.
    static func parts(_ bytes: UnsafeRawBufferPointer) -> [WireCountKey] {
        var parts: [WireCountKey] = []
        var offset = 0
        while offset < bytes.count, let tag = Tag(rawValue: bytes[offset]) {
            var part = WireCountKey()
            switch tag {
            case .number:
                part.number = bytes.loadUnaligned(fromByteOffset: offset + 1, as: Int64.self)
                offset += 9
            case .unsigned:
                part.unsigned = bytes.loadUnaligned(fromByteOffset: offset + 1, as: UInt64.self)
                offset += 9
            case .text:
                let length = Int(bytes[offset + 1])
                part.text = Data(bytes[(offset + 2)..<(offset + 2 + length)])
                offset += length + 2
            }
            parts.append(part)
        }
        return parts
    }
}
