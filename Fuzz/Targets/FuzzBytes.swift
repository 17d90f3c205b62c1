import NIOCore

/// Reads an input piece by piece: what a target needs besides the bytes that it tests.
struct FuzzBytes {
    private(set) var rest: UnsafeRawBufferPointer

    init(_ input: UnsafeRawBufferPointer) {
        rest = input
    }

    var isEmpty: Bool { rest.isEmpty }

    /// The next number, big-endian; the missing bytes of a short one are 0.
    mutating func integer<T: FixedWidthInteger>(_: T.Type = T.self) -> T {
        take(T.bitWidth / 8).reduce(0) { $0 << 8 | T(truncatingIfNeeded: $1) }
    }

    mutating func byte() -> UInt8 { integer() }

    mutating func take(_ count: Int) -> UnsafeRawBufferPointer {
        let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(count))
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        return piece
    }

    /// A piece with its length in front, of 16 bits.
    mutating func piece() -> UnsafeRawBufferPointer { take(Int(integer(UInt16.self))) }

    mutating func text() -> String { String(decoding: piece(), as: UTF8.self) }
}

extension ByteBuffer {
    init(_ bytes: UnsafeRawBufferPointer) {
        self.init()
        writeBytes(bytes)
    }
}

/// Reads every byte, so that the sanitizer reports one that is outside of its memory.
@inline(never) func touch(_ bytes: UnsafeRawBufferPointer) {
    var sum: UInt8 = 0
    for byte in bytes { sum &+= byte }
    withExtendedLifetime(sum) {}
}
