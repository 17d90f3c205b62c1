import EventFormat
import TestSupport
import Testing
import TraceProtocol

@testable import AgentCore

/// How a key lies in a program's memory, and what is read from there.
struct ProgramKeyTests {
    private static func number(_ size: Int, signed: Bool) throws -> KeyPart {
        let format = try EventFormat(
            parsing: """
                name: e
                ID: 1
                format:
                \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;

                \tfield:\(signed ? "int" : "unsigned int") n;\toffset:8;\tsize:\(size);\tsigned:\(signed ? 1 : 0);

                print fmt: "x"

                """, system: "s")
        return .number(try NumberField("n", in: format))
    }

    @Test("Parts lie at multiples of 8 bytes, texts with room for their NUL, the bucket last")
    func layout() throws {
        let key = try ProgramKey(
            [.comm(pidOffset: 4), .fixedText(offset: 8, size: 16)], hasBucket: true)
        #expect(key.parts.map(\.offset) == [0, 16, 40] && key.parts.map(\.size) == [16, 24, 8] && key.size == 48)
        #expect(try ProgramKey([.text(offset: 8, base: 0)], hasBucket: false).size == 256)
        #expect(try ProgramKey([.fixedText(offset: 8, size: 4000)], hasBucket: false).size == 256)
    }

    @Test("Two long texts do not fit; with one at an address, which nothing else reads, both are shortened")
    func tooLong() throws {
        #expect(throws: KernelDeclined.self) {
            try ProgramKey([.text(offset: 8, base: 0), .text(offset: 12, base: 0)], hasBucket: false)
        }
        guard case .number(let field) = try Self.number(8, signed: false) else { return }
        let pointed = KeyPart.pointedText(field, isOfProgram: true)
        #expect(try ProgramKey([pointed, pointed], hasBucket: false).parts.map(\.size) == [200, 200])
        let mixed = try ProgramKey([pointed, .text(offset: 8, base: 0)], hasBucket: true)
        #expect(mixed.parts.map(\.size) == [192, 192, 8])
        #expect(try ProgramKey([pointed, .comm(pidOffset: 4)], hasBucket: false).parts.map(\.size) == [256, 16])
        let crowded = try ProgramKey([pointed, pointed, .stack(isUser: true), .stack(isUser: false)], hasBucket: true)
        #expect(crowded.size <= ProgramKey.largest && crowded.parts[0].size == 184, "\(crowded)")
    }

    @Test("Numbers keep their sign, or have none; texts end at their NUL, without blanks before it")
    func values() throws {
        let key = try ProgramKey(
            [try Self.number(4, signed: true), .fixedText(offset: 8, size: 7)], hasBucket: true)
        let bytes = [UInt8](repeating: 0xff, count: 8) + Array("ab  ".utf8) + [0, 9, 9, 9] + [5, 0, 0, 0, 0, 0, 0, 0]
        let values = bytes.withUnsafeBytes { key.values($0) }
        #expect(values.map(\.number) == [-1, 0, 5] && values[1].text.elementsEqual("ab".utf8))
        let unsigned = try ProgramKey([try Self.number(8, signed: false)], hasBucket: false)
        let large = [UInt8](repeating: 0xff, count: 8).withUnsafeBytes { unsigned.values($0) }
        #expect(large.first?.unsigned == .max)
    }

    @Test("What a table takes grows with keys, CPUs and the size of a key, and is bounded by the largest request")
    func memory() {
        let usual = ProgramTable.Shape(limit: 4096, cpus: 2)
        #expect(usual.slots == 4098 && usual.stride == 4101)
        #expect((300_000..<800_000).contains(usual.memory(keySize: 16)))
        #expect(ProgramTable.Shape(limit: 4096, cpus: 64).memory(keySize: 16) > usual.memory(keySize: 16))
        #expect(usual.memory(keySize: 256) > usual.memory(keySize: 16))
    }
}
