import TestSupport
import Testing
import TraceDat

@testable import EventFormat

/// Parsers must handle input from anyone.
@Suite struct HostileTests {
    @Test(arguments: [
        String(repeating: "(", count: 50_000), String(repeating: "-", count: 50_000) + "1",
        String(repeating: "1+", count: 20_000) + "1", String(repeating: "1?", count: 20_000),
        String(repeating: "(u8)", count: 20_000) + "1", String(repeating: "f(", count: 20_000),
        "REC" + String(repeating: "->a", count: 20_000), "REC->a" + String(repeating: "[0]", count: 20_000),
        String(repeating: "({", count: 20_000), String(repeating: "({ int a = ", count: 5_000),
        String(repeating: "1||", count: 20_000) + "1", String(repeating: "sizeof ", count: 20_000) + "1",
        String(repeating: "{", count: 20_000), "\"" + String(repeating: "\\", count: 20_001),
    ])
    func depthIsBounded(expression: String) {
        let catalog = SampleEvent().with("u64 a", UInt64(0)).printing("\"%d\", \(expression)").catalog()
        #expect(catalog.uncompiled.count == 1)
    }

    @Test func sizeIsBounded() {
        // Each variable uses the previous one twice. With substitution the last one would have 2^40 terms.
        let doubling = (1...40).map { "int v\($0) = v\($0 - 1) + v\($0 - 1);" }.joined(separator: " ")
        let text = "\"%d\", ({ int v0 = 1; \(doubling) v40; })"
        #expect(SampleEvent().printing(text).catalog().uncompiled.count == 1)
        let wide = "\"" + String(repeating: "%1024d", count: 250) + "\"" + String(repeating: ", 1", count: 250)
        #expect(SampleEvent().printing(wide).text().utf8.count == 256_000)
        // Conditions nested in their own tests are compiled twice each: `a ?: b`.
        let elvis = String(repeating: "(REC->a ?: ", count: 30) + "1" + String(repeating: ")", count: 30)
        #expect(SampleEvent().with("int a", Int32(0)).printing("\"%d\", \(elvis)").text() == "1")
        let nested = String(repeating: "((", count: 30) + "REC->a" + String(repeating: ") ?: 1)", count: 30)
        #expect(SampleEvent().with("int a", Int32(0)).printing("\"%d\", \(nested)").catalog().uncompiled.count == 1)
    }

    /// Real formats with random changes give an error or a program, never a trap. The program can run on any record.
    @Test func mutatedFormatsAndRecords() throws {
        let file = try TraceDatFile(path: Fixture.path("guest-6.1-kprobes.dat"))
        let formats = (file.metadata.ftraceFormats + file.metadata.eventFormats).map { ($0.system, $0.text) }
        let symbols = file.metadata.kallsyms.prefix(200_000).withUnsafeBytes { KernelSymbols(parsing: $0) }
        var random = SplitMix64(seed: 0x5eed)
        var out = TextBuffer()
        var outcomes: [RenderOutcome: Int] = [:]
        for round in 0..<1500 {
            let (system, text) = formats[Int.random(in: 0..<formats.count, using: &random)]
            var bytes = Array(text.utf8)
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...127, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 20)], at: place)
                default: bytes[place] = Array("()[]{}%*,;:?\"->0123456789".utf8).randomElement(using: &random) ?? 40
                }
                if bytes.isEmpty { bytes = [32] }
            }
            let catalog = EventCatalog(
                formats: [(system, String(decoding: bytes, as: UTF8.self))], symbols: symbols,
                printkFormats: [0: "%d%s%*d%pS", 1: "%"], kernel: KernelDescription(longSize: round % 7 == 0 ? 4 : 8))
            guard let event = catalog.events.values.first else { continue }
            for length in [0, 7, 8, 20, 64, 4000] {
                var record = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
                if Bool.random(using: &random) { record = record.map { $0 & 1 } }
                if length >= 2 { (record[0], record[1]) = (UInt8(event.format.id & 0xff), UInt8(event.format.id >> 8)) }
                record.withUnsafeBytes {
                    outcomes[catalog.render($0, into: &out), default: 0] += 1
                    catalog.renderFieldsJSON($0, into: &out)
                }
                out.removeAll()
            }
        }
        // All outcomes must occur, otherwise this tests nothing.
        #expect((outcomes[.complete] ?? 0) > 500)
        #expect((outcomes[.damaged] ?? 0) > 20)
        #expect((outcomes[.truncated] ?? 0) > 1000)
    }

    @Test func mutatedSymbolsAndTypeInformation() {
        var random = SplitMix64(seed: 7)
        let text = Array("ffffffff81000000 T _stext\nffffffff81000010 T a\nffffffffc0000000 t b\t[m]\n".utf8)
        for _ in 0..<2000 {
            var bytes = text
            for _ in 0..<5 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let symbols = bytes.withUnsafeBytes { KernelSymbols(parsing: $0) }
            for address in [0, 0xffff_ffff_8100_0011, 0xffff_ffff_c000_0001, UInt64.max] {
                _ = symbols.name(at: address)
            }
        }
        for length in 0..<200 {
            var bytes = [UInt8](repeating: 0, count: length)
            for index in bytes.indices { bytes[index] = UInt8.random(in: 0...255, using: &random) }
            bytes.replaceSubrange(0..<min(8, length), with: [0x9f, 0xeb, 1, 0, 24, 0, 0, 0].prefix(min(8, length)))
            bytes.withUnsafeBytes { _ = try? BTFEnumerators.constants(in: $0, named: ["A"]) }
        }
    }
}
