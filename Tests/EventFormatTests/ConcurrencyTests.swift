import Testing

@testable import EventFormat

@Suite struct ConcurrencyTests {
    /// One catalog, many threads: each has its own buffer, and all get the same text.
    @Test func aCatalogIsShared() async {
        let event = SampleEvent().with("char comm[16]", bytes: cString("bash", size: 16)).with("u64 ip", UInt64(0x1234))
            .with("__data_loc char[] path", dynamic: cString("/etc"))
            .printing(
                "\"%s %pS %-8s|%s\", REC->comm, REC->ip, __get_str(path), __print_flags(REC->ip, \"|\", { 4, \"A\" }, { 0x30, \"B\" })"
            )
        let catalog = event.catalog()
        let record = event.record
        let texts = await withTaskGroup(of: Set<String>.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var seen: Set<String> = []
                    var out = TextBuffer(capacity: 64)
                    for _ in 0..<500 {
                        out.removeAll()
                        record.withUnsafeBytes { _ = catalog.render($0, into: &out) }
                        seen.insert(out.string)
                    }
                    return seen
                }
            }
            return await group.reduce(into: Set<String>()) { $0.formUnion($1) }
        }
        #expect(texts == ["probe: bash 0x1234 /etc    |A|B|0x1200"])
    }

    @Test func aBufferGrowsAndKeepsItsMemory() {
        var out = TextBuffer(capacity: 64)
        for _ in 0..<1000 { out.append("0123456789") }
        #expect(out.count == 10_000)
        #expect(out.string.hasSuffix("56789"))
        out.truncate(to: 3)
        out.insert(repeating: 32, count: 2, at: 1)
        #expect(out.string == "0  12")
        out.truncate(to: 100)
        #expect(out.count == 5)
        out.removeAll()
        #expect(out.bytes.isEmpty)
        for value: UInt64 in [0, 9, 10, 99, 100, 9999, 10_000, 99_999_999, 100_000_000, .max] {
            out.removeAll()
            out.append(decimal: value)
            #expect(out.string == "\(value)")
            out.removeAll()
            out.append(hex: value)
            #expect(out.string == String(value, radix: 16))
        }
    }
}
