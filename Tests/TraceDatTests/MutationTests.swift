import RingBuffer
import TestSupport
import Testing
import TraceDat

/// Random damage with a fixed seed. Nothing may trap, hang or read outside of its bytes.
@Suite struct MutationTests {
    @Test(arguments: BuiltFileTests.Form.allCases)
    func mutatedFilesNeverTrap(form: BuiltFileTests.Form) throws {
        let original = try BuiltFileTests.bytes(form)
        var random = SplitMix64(seed: 0x5eed)
        // Everything except recorded pages: pointers, counts and sizes.
        let metadata = try #require(TraceDatFile(bytes: original).buffers.first?.cpus.first?.offset)
        var damaged = 0
        for round in 0..<3_000 {
            var bytes = original
            let range = round % 4 == 0 ? 0..<original.count : 0..<Int(metadata)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = Int.random(in: range, using: &random)
                mutate(&bytes, at, &random)
            }
            do throws(TraceDatError) {
                let content = DamageTests.Content(try TraceDatFile(bytes: bytes))
                #expect(content.events < 10_000)
                if !content.damage.isEmpty || !content.errors.isEmpty || content.malformedPages > 0 { damaged += 1 }
            } catch {
                damaged += 1
            }
        }
        // Some damage must be detected, otherwise this tests nothing.
        #expect(damaged > 300)
    }

    @Test(arguments: [UInt64](1...4)) func mutatedPagesOfTheHostNeverTrap(seed: UInt64) throws {
        let file = try TraceDatFile(path: Fixture.path("host-6.18.dat"))
        let buffer = file.buffers[1]
        let reader = try file.pages(of: buffer, cpu: buffer.cpus[0])
        let region = try #require(try reader.next())
        let original = [UInt8](region)
        let layout = reader.layout
        let clean = original.withUnsafeBytes { walk($0, layout, .fullSize) }
        #expect(clean.events > 500 && clean.malformed == 0)
        var random = SplitMix64(seed: seed)
        var malformed = 0
        for _ in 0..<150 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...50, using: &random) {
                mutate(&bytes, Int.random(in: bytes.indices, using: &random), &random)
            }
            malformed += bytes.withUnsafeBytes { walk($0, layout, .fullSize) }.malformed
            let start = Int.random(in: 0..<4096, using: &random)
            let length = Int.random(in: 0...bytes.count - start, using: &random)
            _ = bytes[start..<start + length].withUnsafeBytes { walk($0, layout, .packed) }
        }
        #expect(malformed > 100)
    }

    private func mutate(_ bytes: inout [UInt8], _ at: Int, _ random: inout SplitMix64) {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[at] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes[at] = [0, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
        default: for index in at..<min(at + 8, bytes.count) { bytes[index] = 0xff }
        }
    }
}
