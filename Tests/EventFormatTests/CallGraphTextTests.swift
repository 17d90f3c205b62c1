import Testing

@testable import EventFormat

/// What the corpora do not have: arrows around interrupts, long calls, comments, callers, arguments.
@Suite struct CallGraphTextTests {
    private static let symbols = KernelSymbols(
        parsing: """
            ffffffff81000000 T _stext
            ffffffff81000100 T vfs_read
            ffffffff81000200 T __irqentry_text_start
            ffffffff81000210 T do_IRQ
            ffffffff81000300 T __irqentry_text_end
            ffffffff81000400 T caller
            ffffffff81001000 T _end
            ffffffffc0000000 t probe_it\t[mod]

            """)

    private static func entry(_ name: String = "funcgraph_entry", id: Int = 11, retaddr: Bool = false) -> SampleEvent {
        let event = SampleEvent(name: name, system: "ftrace", id: id).with("unsigned long func", UInt64(0))
            .with("unsigned long depth", UInt64(0))
        return retaddr ? event.with("unsigned long retaddr", UInt64(0xffff_ffff_8100_0408)) : event
    }

    private static let exit = SampleEvent(name: "funcgraph_exit", system: "ftrace", id: 10)
        .with("unsigned long func", UInt64(0)).with("unsigned int depth", UInt32(0))
        .with("unsigned int overrun", UInt32(0)).with("unsigned long long calltime", UInt64(0))
        .with("unsigned long long rettime", UInt64(0))
    private static let marker = SampleEvent(name: "print", system: "ftrace", id: 5)
        .with("unsigned long ip", UInt64(0xffff_ffff_8100_0100)).with("char buf[]", bytes: [])
        .printing("\"%ps: %s\", (void *)REC->ip, REC->buf")
    private static let event = SampleEvent(name: "wake", system: "test", id: 300).with("int x", Int32(5))
        .printing("\"x=%d\", REC->x")

    private static func catalog(functions: FunctionTypes? = nil) -> EventCatalog {
        let events = [entry(), entry("funcgraph_retaddr_entry", id: 12, retaddr: true), exit, marker, event]
        return EventCatalog(
            formats: events.map { ($0.system, $0.format) },
            symbols: symbols, kernel: KernelDescription(release: "6.14", functions: functions))
    }

    private static func call(_ event: SampleEvent, _ function: UInt64, depth: Int, pid: Int32 = 7) -> [UInt8] {
        var record = event.record
        record.replaceSubrange(4..<8, with: littleEndian([pid]))
        record.replaceSubrange(8..<16, with: littleEndian([function]))
        record.replaceSubrange(16..<20, with: littleEndian([UInt32(depth)]))
        return record
    }

    private static func end(_ function: UInt64, depth: Int, took: UInt64, pid: Int32 = 7) -> [UInt8] {
        var record = call(exit, function, depth: depth, pid: pid)
        record.replaceSubrange(record.count - 8..<record.count, with: littleEndian([took]))
        return record
    }

    private final class Drawing {
        private var graph: CallGraphText

        init(cpus: Int = 2, isForTerminal: Bool = false) {
            graph = CallGraphText(CallGraphTextTests.catalog(), cpuCount: cpus, isForTerminal: isForTerminal)
        }

        private static func name(_ pid: Int32, _ out: inout TextBuffer) {
            if pid == 0 { out.append("<idle>") } else { out.append("a\u{1b}longname") }
        }

        func call(_ entry: [UInt8], end: [UInt8]? = nil, cpu: UInt32 = 1) -> String {
            var text = TextBuffer()
            entry.withUnsafeBytes { entry in
                if let end {
                    end.withUnsafeBytes { graph.appendCall(entry, end: $0, cpu: cpu, naming: Self.name, to: &text) }
                } else {
                    graph.appendCall(entry, end: nil, cpu: cpu, naming: Self.name, to: &text)
                }
            }
            return text.string
        }

        func end(_ record: [UInt8], cpu: UInt32 = 1) -> String {
            var text = TextBuffer()
            record.withUnsafeBytes { graph.appendReturn($0, cpu: cpu, naming: Self.name, to: &text) }
            return text.string
        }

        func comment(_ record: [UInt8], cpu: Int = 1) -> String {
            var text = TextBuffer()
            record.withUnsafeBytes {
                graph.appendComment($0, context: RenderContext(timestamp: 0, cpu: cpu), naming: Self.name, to: &text)
            }
            return text.string
        }
    }

    private static let read: UInt64 = 0xffff_ffff_8100_0100
    private static let irq: UInt64 = 0xffff_ffff_8100_0210

    @Test(
        "The marks of trace_find_mark, and at most seven digits",
        arguments: [
            (999, "  0.999 us    "), (10_000, " 10.000 us   "), (10_001, "+ 10.001 us   "), (100_001, "! 100.001 us  "),
            (1_000_001, "# 1000.001 us "), (10_000_001, "* 10000.00 us "), (100_000_001, "@ 100000.0 us "),
            (1_000_000_001, "$ 1000000 us  |"), (12_345_678_901, "$ 12345678 us |"),
        ] as [(UInt64, String)])
    func durations(took: UInt64, expected: String) {
        let drawing = Drawing()
        let line = drawing.call(
            Self.call(Self.entry(), Self.read, depth: 0), end: Self.end(Self.read, depth: 0, took: took))
        #expect(line.contains(expected.trimmingPrefix(" ")), "\(line)")
        #expect(line.hasPrefix(" 1) ") && line.hasSuffix("|  vfs_read();\n"))
    }

    @Test func nestedCallsAndTheirEnds() {
        let drawing = Drawing()
        #expect(drawing.call(Self.call(Self.entry(), Self.read, depth: 0)) == " 1)               |  vfs_read() {\n")
        #expect(
            drawing.call(Self.call(Self.entry(), 0xffff_ffff_c000_0000, depth: 1))
                == " 1)               |    probe_it [mod]() {\n")
        #expect(drawing.comment(Self.event.record.withTask(7)) == " 1)               |      /* wake: x=5 */\n")
        var marker = Self.marker.record.withTask(7)
        marker += cString("hi: there\n")
        #expect(drawing.comment(marker) == " 1)               |      /* hi: there */\n")
        #expect(drawing.end(Self.end(0xffff_ffff_c000_0000, depth: 1, took: 500)) == " 1)   0.500 us    |    }\n")
        // Its beginning is not above.
        #expect(drawing.end(Self.end(Self.irq - 0x10f, depth: 0, took: 500)).hasSuffix("|  } /* vfs_read */\n"))
    }

    @Test func arrowsAroundInterrupts() {
        let drawing = Drawing()
        let text = drawing.call(
            Self.call(Self.entry(), Self.irq, depth: 2), end: Self.end(Self.irq, depth: 2, took: 1000))
        #expect(
            text == """
                 1)   ==========> |
                 1)   1.000 us    |      do_IRQ();
                 1)   <========== |

                """)
        _ = drawing.call(Self.call(Self.entry(), Self.irq, depth: 0))
        #expect(drawing.end(Self.end(Self.irq, depth: 0, took: 1000)).hasSuffix("}\n 1)   <========== |\n"))
    }

    @Test("Another task on a CPU")
    func tasks() {
        let drawing = Drawing(cpus: 120, isForTerminal: true)
        #expect(drawing.call(Self.call(Self.entry(), Self.read, depth: 0, pid: 0)).hasPrefix("   1) "))
        let text = drawing.call(Self.call(Self.entry(), Self.read, depth: 0, pid: 12))
        #expect(
            text == """
                 ------------------------------------------
                   1)    <idle>-0    =>   a?longn-12  
                 ------------------------------------------

                   1)               |  vfs_read() {

                """)
        // Each CPU has its own.
        #expect(!drawing.call(Self.call(Self.entry(), Self.read, depth: 0, pid: 0), cpu: 0).contains("----"))
    }

    @Test func callers() {
        let drawing = Drawing()
        let entry = Self.call(Self.entry("funcgraph_retaddr_entry", id: 12, retaddr: true), Self.read, depth: 0)
        #expect(drawing.call(entry).hasSuffix("|  vfs_read() { /* <-caller+0x8/0xc00 */\n"))
    }

    @Test func depthsOfHostileRecordsAreBounded() {
        let drawing = Drawing()
        for depth in [Int(Int32.max), -1, -2, -70_000] {
            #expect(drawing.call(Self.call(Self.entry(), Self.read, depth: depth & 0xffff_ffff)).utf8.count < 4096)
            #expect(drawing.end(Self.end(Self.read, depth: depth & 0xffff_ffff, took: 1)).utf8.count < 4096)
        }
        #expect(drawing.call([1, 2, 3]) == "")
        #expect(drawing.end([10, 0, 0, 0, 0, 0, 0, 0]) == "")
    }
}

extension [UInt8] {
    fileprivate func withTask(_ pid: Int32) -> [UInt8] { self[..<4] + littleEndian([pid]) + self[8...] }
}
