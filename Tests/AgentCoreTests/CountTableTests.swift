import Testing

@testable import AgentCore

/// The bounded table, against a dictionary.
struct CountTableTests {
    private static func add(_ key: [UInt8], to table: inout CountTable) {
        _ = key.withUnsafeBytes { table.add($0) }
    }

    private static func contents(_ table: CountTable) -> [[UInt8]: UInt64] {
        var contents: [[UInt8]: UInt64] = [:]
        table.forEach { contents[Array($0)] = $1 }
        return contents
    }

    @Test("Keys of any length, each with all of its counts, through every growth", arguments: [1, 2, 3])
    func model(_ seed: UInt64) {
        var generator = Generator(state: seed)
        var table = CountTable(limit: 100_000)
        var model: [[UInt8]: UInt64] = [:]
        for _ in 0..<50_000 {
            let length = Int.random(in: 0...20, using: &generator)
            // Few values, so that keys come again and share beginnings.
            let key = (0..<length).map { _ in UInt8.random(in: 0...(length > 3 ? 1 : 255), using: &generator) }
            Self.add(key, to: &table)
            model[key, default: 0] += 1
        }
        #expect(model.count > 10_000)
        #expect(Self.contents(table) == model)
        #expect(table.other == 0)
    }

    @Test("A full table keeps the first keys with all of their counts; the rest is counted together")
    func full() {
        var table = CountTable(limit: 3)
        for round in 0..<5 {
            for key in [UInt8]([1, 2, 3, 4, 5]) { Self.add([key], to: &table) }
            #expect(table.count == 3)
            #expect(table.other == UInt64(2 * (round + 1)))
        }
        #expect(Self.contents(table) == [[1]: 5, [2]: 5, [3]: 5])
    }
}

/// Numbers that come again with the same seed (SplitMix64).
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
