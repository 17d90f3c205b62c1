import SafeText
import Testing

@Suite("Any bytes, made safe")
struct SafeTextPropertyTests {
    /// xorshift64: the same bytes in every run.
    private struct Bytes: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }

        /// Bytes of every kind: ASCII, controls, whole scalars of which many are unsafe, cut sequences and noise.
        mutating func text() -> [UInt8] {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...40, using: &self) {
                switch Int.random(in: 0..<6, using: &self) {
                case 0: bytes.append(.random(in: 0x20...0x7e, using: &self))
                case 1: bytes.append(.random(in: 0...0x1f, using: &self))
                case 2: bytes.append(.random(in: 0...0xff, using: &self))
                case 3: bytes += Self.utf8(of: .random(in: 0...0x10ffff, using: &self))
                case 4: bytes += Self.utf8(of: .random(in: 0x2000...0x2070, using: &self))
                default: bytes += Self.utf8(of: .random(in: 0...0x10ffff, using: &self)).dropLast()
                }
            }
            return bytes
        }

        private static func utf8(of value: UInt32) -> [UInt8] {
            Unicode.Scalar(value).map { Array(String($0).utf8) } ?? [0xed, 0xa0, 0x80]
        }
    }

    private static func madeSafe(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let count = bytes.withUnsafeMutableBytes { SafeBytes.makeSafe($0) }
        return Array(bytes[..<count])
    }

    private static func isSafe(_ text: String) -> Bool { !text.unicodeScalars.contains(where: \.isUnsafeToShow) }

    @Test("Bytes become valid UTF-8 without anything unsafe, never more of them, and once is enough")
    func bytes() {
        var random = Bytes(state: 0x9e37_79b9_7f4a_7c15)
        for _ in 0..<20_000 {
            let bytes = random.text()
            let safe = Self.madeSafe(bytes)
            guard let text = String(validating: safe, as: UTF8.self) else {
                Issue.record("not UTF-8: \(bytes) became \(safe)")
                return
            }
            #expect(Self.isSafe(text) && safe.count <= bytes.count, "\(bytes)")
            #expect(Self.madeSafe(safe) == safe, "\(bytes)")
        }
    }

    @Test("A String gives the same text as its bytes do, in lines, JSON and CSV too")
    func strings() {
        var random = Bytes(state: 0x2545_f491_4f6c_dd1d)
        for _ in 0..<20_000 {
            let text = String(decoding: random.text(), as: UTF8.self)
            #expect(Array(text.safeLine.utf8) == Self.madeSafe(Array(text.utf8)))
            #expect(text.safeLine.safeLine == text.safeLine)
            #expect(
                text.safeLines.allSatisfy { Self.isSafe($0) }
                    && text.safeLines.dropFirst().allSatisfy { $0.utf8.starts(with: "  ".utf8) })
            #expect(Self.isSafe(JSONText.quoted(text)) && Self.isSafe(CSVField.text(text)))
            #expect(JSONText.escaped(JSONText.quoted(text)) == JSONText.quoted(text))
        }
    }

    @Test("Printable ASCII is unchanged, and only that is taken for it")
    func ascii() {
        let printable = Array(UInt8(0x20)...0x7e)
        #expect(Self.madeSafe(printable) == printable)
        for byte in UInt8.min...UInt8.max {
            let isASCII = [byte].withUnsafeBytes { SafeBytes.areASCII($0) }
            #expect(isASCII == printable.contains(byte))
        }
        // Where many bytes are looked at together, each of them counts.
        for index in 0..<100 {
            var text = [UInt8](repeating: UInt8(ascii: "a"), count: 100)
            text[index] = 0x1b
            #expect(text.withUnsafeBytes { SafeBytes.areASCII($0) } == false)
        }
    }

    @Test("Exactly Unicode's controls, separators, bidirectional and invisible characters are unsafe, of all there are")
    func scalars() {
        for value in UInt32(0)...0x10ffff {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let properties = scalar.properties
            let mustBe =
                properties.generalCategory == .control || properties.generalCategory == .lineSeparator
                || properties.generalCategory == .paragraphSeparator || properties.isBidiControl
                || properties.isDefaultIgnorableCodePoint
            if mustBe { #expect(scalar.isUnsafeToShow, "U+\(String(value, radix: 16))") }
            if !mustBe, scalar.isUnsafeToShow {
                // Interlinear annotation and noncharacters.
                #expect((0xfff0...0xffff).contains(value), "U+\(String(value, radix: 16))")
            }
        }
    }

    @Test("A sequence is well formed where Swift's own validation says so")
    func sequences() {
        var random = Bytes(state: 0x1234_5678_9abc_def1)
        for _ in 0..<100_000 {
            let bytes = [
                UInt8.random(in: 0xc0...0xff, using: &random), .random(in: 0x70...0xd0, using: &random),
                .random(in: 0x7f...0xc1, using: &random), .random(in: 0x7f...0xc1, using: &random),
            ]
            let expected = (2...4).first { String(validating: bytes[..<$0], as: UTF8.self)?.unicodeScalars.count == 1 }
            let found = bytes.withUnsafeBytes { UTF8Sequence(at: 0, in: $0)?.length }
            #expect(found == expected, "\(bytes)")
        }
    }
}
