import RingBuffer
import TestSupport
import Testing
import TraceDat

@testable import EventFormat

/// Text rendered from a binary recording must be the same as the kernel's `trace` file of the buffer: whole lines, byte
/// for byte.
@Suite struct KernelTextTests {
    @Test(arguments: [
        ("host-6.18", "cap_a", 264, false), ("guest-6.1-kprobes", "cap", 136, true),
    ])
    func linesAreThoseOfTheKernel(name: String, instance: String, types: Int, isHashed: Bool) throws {
        let file = try TraceDatFile(path: Fixture.path("\(name).dat"))
        let catalog = Self.catalog(file)
        #expect(catalog.malformed.isEmpty)
        // These call functions of the kernel.
        #expect(catalog.uncompiled.count <= 4)
        let tasks = SavedCommandLines(parsing: file.metadata.commandLines)
        let expected = Self.linesByCPU(try Fixture.bytes("\(name).kernel.txt.gz"))
        let buffer = try #require(file.buffers.first { $0.name == instance })
        var seen: Set<Int> = []
        for cpu in buffer.cpus {
            var out = TextBuffer(capacity: 8 << 20)
            let reader = try file.pages(of: buffer, cpu: cpu)
            while var pages = try reader.nextSubBuffers() {
                while let page = try pages.next() {
                    var records = page.records()
                    while let record = try records.next() {
                        seen.insert(catalog.commonFields.type(of: record.payload) ?? -1)
                        Self.appendLine(record, Int(cpu.cpu), catalog, tasks, &out)
                    }
                }
            }
            Self.expectEqual(out.bytes, expected[Int(cpu.cpu)] ?? [], "CPU \(cpu.cpu)", isHashed: isHashed)
        }
        #expect(seen.count == types)
    }

    @Test(
        arguments: [("host-6.18", 68_151, 3_032_584), ("guest-6.1-kprobes", 9124, 9124)] as [(String, UInt64, UInt64)])
    func theHeadIsThatOfTheKernel(name: String, held: UInt64, written: UInt64) throws {
        let text = try Fixture.bytes("\(name).kernel.txt.gz")
        var out = TextBuffer()
        FtraceLine.appendHeader(counts: (held, written), cpus: 2, columns: .bottomHalves, to: &out)
        #expect(String(decoding: text.prefix(out.count), as: UTF8.self) == out.string)
    }

    private static func catalog(_ file: TraceDatFile) -> EventCatalog {
        let formats = (file.metadata.ftraceFormats + file.metadata.eventFormats).map { ($0.system, $0.text) }
        let release = file.options.uname?.split(separator: " ").dropFirst(2).first.map(String.init)
        return EventCatalog(
            formats: formats, symbols: file.metadata.kallsyms.withUnsafeBytes { KernelSymbols(parsing: $0) },
            printkFormats: PrintkFormats.parse(String(decoding: file.metadata.printkFormats, as: UTF8.self)),
            kernel: KernelDescription(release: release))
    }

    private static func appendLine(
        _ record: Record, _ cpu: Int, _ catalog: EventCatalog, _ tasks: SavedCommandLines, _ out: inout TextBuffer
    ) {
        guard let pid = catalog.commonFields.pid(of: record.payload),
            let flags = catalog.commonFields.latencyFlags(of: record.payload)
        else { return }
        FtraceLine.appendPrefix(
            tasks: tasks, pid: pid, cpu: cpu, flags: flags, timestamp: record.timestamp, columns: catalog.columns,
            to: &out)
        let context = RenderContext(timestamp: record.timestamp, cpu: cpu)
        #expect(catalog.render(record.payload, context: context, into: &out) == .complete)
        out.append(10)
    }

    /// The text of each CPU. Lines without a CPU continue the previous event.
    private static func linesByCPU(_ text: [UInt8]) -> [Int: [UInt8]] {
        var result: [Int: [UInt8]] = [:]
        var current = -1
        for line in text.split(separator: 10, omittingEmptySubsequences: false).dropLast() {
            if line.first == UInt8(ascii: "#") || line.starts(with: "CPU:".utf8) { continue }
            if let cpu = cpu(of: line) { current = cpu }
            result[current, default: []] += line
            result[current, default: []].append(10)
        }
        return result
    }

    /// `[001]`, between the task with a space and the flags.
    private static func cpu(of line: ArraySlice<UInt8>) -> Int? {
        var start = line.startIndex
        while let open = line[start...].firstIndex(of: UInt8(ascii: "[")) {
            let close = open + 4
            if close + 7 < line.endIndex, line[close] == UInt8(ascii: "]"), open > line.startIndex,
                line[open - 1] == 32,
                line[close + 1] == 32, line[close + 7] == 32,
                let cpu = Int(String(decoding: line[open + 1..<close], as: UTF8.self))
            {
                return cpu
            }
            start = open + 1
        }
        return nil
    }

    /// Compares line by line. Pointers that the kernel hashed are ignored, because no reader can know them.
    private static func expectEqual(
        _ rendered: UnsafeRawBufferPointer, _ expected: [UInt8], _ what: String, isHashed: Bool
    ) {
        let have = rendered.split(separator: 10, omittingEmptySubsequences: false)
        let want = expected.split(separator: 10, omittingEmptySubsequences: false)
        #expect(have.count == want.count, "\(what)")
        var differing = 0
        for (have, want) in zip(have, want) where !have.elementsEqual(want) {
            if isHashed && masked(have) == masked(want) { continue }
            differing += 1
            if differing <= 5 {
                Issue.record(
                    "\(what)\n\(String(decoding: want, as: UTF8.self))\n\(String(decoding: have, as: UTF8.self))")
            }
        }
        #expect(differing == 0, "\(what)")
    }

    /// A line with its 16-digit numbers and `(____ptrval____)` replaced.
    private static func masked(_ line: some Collection<UInt8>) -> String {
        String(decoding: line, as: UTF8.self)
            .replacing("(____ptrval____)", with: "PTR").replacing(/\b(?:0x)?[0-9a-f]{16}\b/, with: "PTR")
    }
}
