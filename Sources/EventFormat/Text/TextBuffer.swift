/// The destination of all rendering: a growable buffer of bytes that is filled, written out and cleared.
///
/// It keeps its memory between lines, so rendering allocates nothing once the buffer has room for the longest line.
public struct TextBuffer: ~Copyable {
    @usableFromInline var base: UnsafeMutablePointer<UInt8>
    @usableFromInline var capacity: Int
    /// Number of bytes in the buffer.
    @inlinable public var count: Int { used }
    @usableFromInline var used = 0

    /// - Parameter capacity: bytes to reserve at first.
    public init(capacity: Int = 4096) {
        self.capacity = max(64, capacity)
        base = .allocate(capacity: self.capacity)
    }

    deinit { base.deallocate() }

    /// The bytes, valid until the next change.
    @inlinable public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: used) }

    /// Removes the contents and keeps the memory.
    @inlinable public mutating func removeAll() { used = 0 }

    /// Truncates the buffer to its first `count` bytes. A larger `count` changes nothing.
    @inlinable public mutating func truncate(to count: Int) { used = min(used, max(0, count)) }

    /// The contents as a String, with malformed UTF-8 repaired. For tests and messages, not for hot paths.
    public var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Makes room for `extra` more bytes.
    @inlinable @inline(__always)
    public mutating func reserve(_ extra: Int) {
        if capacity &- used < extra { grow(extra) }
    }

    @usableFromInline @inline(never)
    mutating func grow(_ extra: Int) {
        let wanted = max(capacity * 2, used + extra)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted)
        larger.update(from: base, count: used)
        base.deallocate()
        base = larger
        capacity = wanted
    }

    /// Appends one byte.
    @inlinable @inline(__always)
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        base[used] = byte
        used &+= 1
    }

    /// Appends `count` bytes at `source`.
    @inlinable @inline(__always)
    public mutating func append(_ source: UnsafePointer<UInt8>, count: Int) {
        reserve(count)
        (base + used).update(from: source, count: count)
        used &+= count
    }

    /// Appends one byte. The caller has reserved room.
    @inline(__always)
    mutating func put(_ byte: UInt8) {
        base[used] = byte
        used &+= 1
    }

    /// Address of the bytes. At least 64 bytes can be read there.
    @inline(__always) var start: UnsafePointer<UInt8> { UnsafePointer(base) }

    /// Appends the first `count` bytes of a plain value. The caller has reserved room for the whole value.
    @inline(__always)
    mutating func put<Memory: BitwiseCopyable>(_ memory: Memory, count: Int) {
        UnsafeMutableRawPointer(base + used).storeBytes(of: memory, as: Memory.self)
        used &+= count
    }

    /// Appends `count` bytes. At least 16 bytes must be readable at `source`, so that short pieces need no memcpy call.
    @inline(__always)
    mutating func append(padded source: UnsafePointer<UInt8>, count: Int) {
        guard count <= 16 else { return append(source, count: count) }
        reserve(16)
        let words = UnsafeRawPointer(source).loadUnaligned(as: (UInt64, UInt64).self)
        UnsafeMutableRawPointer(base + used).storeBytes(of: words, as: (UInt64, UInt64).self)
        used &+= count
    }

    /// Appends raw bytes.
    @inlinable
    public mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        append(start.assumingMemoryBound(to: UInt8.self), count: bytes.count)
    }

    /// Appends the bytes of a literal.
    @inlinable
    public mutating func append(_ literal: StaticString) {
        append(literal.utf8Start, count: literal.utf8CodeUnitCount)
    }

    /// Appends the UTF-8 of a String. Literals use the cheaper overload above.
    @_disfavoredOverload
    @inlinable
    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends `count` times the same byte.
    @inlinable
    public mutating func append(repeating byte: UInt8, count: Int) {
        guard count > 0 else { return }
        reserve(count)
        (base + used).update(repeating: byte, count: count)
        used &+= count
    }

    /// Inserts `count` times `byte` before position `position`, for padding whose width is only known afterwards.
    mutating func insert(repeating byte: UInt8, count: Int, at position: Int) {
        guard count > 0, position <= used else { return }
        reserve(count)
        let gap = base + position
        (gap + count).update(from: gap, count: used - position)
        gap.update(repeating: byte, count: count)
        used &+= count
    }

    /// Removes the bytes from `start` up to and including the first `separator` behind it, if there is one.
    mutating func removePrefix(through separator: String, from start: Int) {
        let added = UnsafeRawBufferPointer(rebasing: bytes[start...])
        guard let found = added.firstRange(of: Array(separator.utf8)) else { return }
        (base + start).update(from: base + start + found.upperBound, count: added.count - found.upperBound)
        used -= found.upperBound
    }

    /// Whether the bytes from `start` on end with `byte`.
    func ends(with byte: UInt8, after start: Int) -> Bool { used > start && base[used - 1] == byte }
}
