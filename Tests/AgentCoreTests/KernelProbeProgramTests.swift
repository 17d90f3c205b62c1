import EventFormat
import Foundation
import Probes
import SystemFacts
import TestSupport
import Testing
import TextPatterns
import TraceProtocol
import Tracefs

@testable import AgentCore

/// What the program of a kernel's probe reads, on a machine that may have no kprobes: it runs at a uprobe, whose
/// registers lie as a kprobe's do.
@Suite(.serialized, .enabled(if: KernelMemory.isPossible, "SKIPPED, not tested: needs root, uprobes and kallsyms"))
struct KernelProbeProgramTests {
    @Test("Texts of the kernel's memory and numbers at its addresses; of a program's memory at all others")
    func memory() throws {
        let root = try RealTracefs.root.get()
        let group = "fleetrace_test_\(getpid())"
        let context = ProbeContext(architecture: .x86_64, readme: try root.readmeText())
        let spec = try ProbeSpec(
            parsing: "uprobe:/usr/lib/x86_64-linux-gnu/libc.so.6:access text=+0(%si):string mode=%si:u32 word=%di:u64 "
                + "name=+0(%di):string")
        let definition = try spec.definitions(group: group, in: context)[0]
        let events = DynamicEvents(root)
        try events.add(definition.line)
        let event = try #require(EventName(system: group, name: definition.event))
        defer { try? events.remove(event) }
        let format = try root.format(of: event)
        let address = "0x" + String(KernelMemory.code, radix: 16)
        let line =
            "p:\(group)/\(definition.event) access text=@\(address):string mode=%si:u32 word=@\(address):u64 "
            + "name=+0(%di):string"
        let listed = try #require(DynamicEvent(line: line))
        var request = WireCountRequest()
        (request.keys, request.tableLimit, request.sums) = (["text"], 8, ["mode"])
        let fields = try FetchedFields([listed], format, shown: "access")
        #expect(!fields.isInProgram)
        var found: [String: WireCountKey] = [:]
        for key in ["text", "name", "word"] {
            request.keys = [key]
            let counted = try CountedEvents(
                request, [(event, format)], filters: [event: "mode == 77"], fields: [event: fields])
            let programs = try EBPFPrograms(counted, excluded: [], root)
            programs.control.isCounting = true
            for _ in 0..<5 { access("/nosuch/name", 77) }
            programs.control.isCounting = false
            let rows = programs.tables[0].rows(column: 0)
            #expect(rows.rows.map(\.count) == [5] && rows.lost == 0, "\(key): \(rows)")
            found[key] = rows.rows.first?.key.first
            for attachment in programs.attachments { attachment.close() }
        }
        #expect(found["name"]?.text == Data("/nosuch/name".utf8), "\(found)")
        let word = try #require(found["word"])
        let bits = word.unsigned != 0 ? word.unsigned : UInt64(bitPattern: word.number)
        // The same memory: the number's bytes up to a NUL begin the text.
        let bytes = withUnsafeBytes(of: bits) { Array($0.prefix { $0 != 0 }) }
        #expect(!bytes.isEmpty && found["text"]?.text.starts(with: bytes) == true, "\(found)")
    }
}

private enum KernelMemory {
    /// Where a function's code is; 0 where that is not known.
    static let code: UInt64 = {
        let symbols = (try? SystemFile.text("/proc/kallsyms")) ?? ""
        let line = symbols.split(separator: "\n").first { $0.hasSuffix(" vfs_read") }
        return line?.split(separator: " ").first.flatMap { UInt64($0, radix: 16) } ?? 0
    }()

    static let isPossible =
        geteuid() == 0 && RealTracefs.isUsable && code != 0
        && access("/sys/kernel/tracing/uprobe_events", F_OK) == 0
}
