/// A message's key: 128 bits of SipHash-2-4 (Aumasson and Bernstein, 2012) over the values that a rule compares.
///
/// The same values give the same key in every run, so the same input gives the same output. Nobody finds two values
/// with one key: that takes 2^64 attempts.
struct MessageKey: Hashable {
    let low: UInt64
    let high: UInt64
}

/// Makes a key, value by value.
struct MessageKeyBuilder {
    private var v0: UInt64 = 0x736f_6d65_7073_6575
    private var v1: UInt64 = 0x646f_7261_6e64_6f6d ^ 0xee
    private var v2: UInt64 = 0x6c79_6765_6e65_7261
    private var v3: UInt64 = 0x7465_6462_7974_6573
    private var words: UInt64 = 0

    mutating func append(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
        words &+= 1
    }

    /// Appends bytes and their number, so that two texts are never taken for others with the same bytes.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        append(UInt64(bytes.count) | 1 << 63)
        var offset = 0
        while offset < bytes.count {
            var word: UInt64 = 0
            let end = min(offset + 8, bytes.count)
            for index in offset..<end { word |= UInt64(bytes[index]) << UInt64(8 * (index - offset)) }
            append(word)
            offset = end
        }
    }

    var key: MessageKey {
        var last = self
        last.append(words)
        last.v2 ^= 0xee
        for _ in 0..<4 { last.round() }
        let low = last.v0 ^ last.v1 ^ last.v2 ^ last.v3
        last.v1 ^= 0xdd
        for _ in 0..<4 { last.round() }
        return MessageKey(low: low, high: last.v0 ^ last.v1 ^ last.v2 ^ last.v3)
    }

    private mutating func round() {
        v0 = v0 &+ v1
        v2 = v2 &+ v3
        v1 = Self.rotate(v1, 13) ^ v0
        v3 = Self.rotate(v3, 16) ^ v2
        v0 = Self.rotate(v0, 32)
        v2 = v2 &+ v1
        v0 = v0 &+ v3
        v1 = Self.rotate(v1, 17) ^ v2
        v3 = Self.rotate(v3, 21) ^ v0
        v2 = Self.rotate(v2, 32)
    }

    private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }
}
