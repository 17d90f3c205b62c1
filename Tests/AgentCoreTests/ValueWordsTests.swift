import EventFormat
import Testing
import TraceProtocol

@testable import AgentCore

/// Sums and greatest values, as programs leave them in memory.
struct ValueWordsTests {
    private static func words(sums: [String], maxima: [String]) throws -> ValueWords {
        var request = WireCountRequest()
        (request.sums, request.maxima) = (sums, maxima)
        return ValueWords(try RecordValues(request, try CountTallyTests.event()))
    }

    @Test("A sum of 8-byte fields has two words, others one; without values there is the count alone")
    func layout() throws {
        #expect(try Self.words(sums: [], maxima: []).size == 8)
        let words = try Self.words(sums: ["delta", "size"], maxima: ["delta"])
        #expect(words.sumPlaces.map(\.place) == [8, 16] && words.maximumPlaces.map(\.place) == [32])
        #expect(words.size == 40)
    }

    @Test("CPUs are added up; a CPU that saw nothing does not raise the greatest of negative values")
    func sums() throws {
        let words = try Self.words(sums: ["delta", "size"], maxima: ["delta", "size"])
        let bits = UInt64(bitPattern: -3)
        let memory: [[Int: UInt64]] = [
            [8: bits, 16: 0xffff_fffe, 24: 5, 32: bits &+ ValueWords.bias, 40: 7],
            [8: bits, 16: 4, 24: 0, 32: UInt64(bitPattern: -9) &+ ValueWords.bias, 40: .max], [:],
        ]
        var row = WireCountRow()
        words.fill(&row, cpus: 0..<3) { memory[$0][$1] ?? 0 }
        #expect(row.sums.map(\.number) == [-6, 5 << 32 + 0x1_0000_0002])
        #expect(row.maxima.map(\.number) == [-3, Int128(UInt64.max)])
    }
}
