import Testing

@testable import EventFormat

/// The entries of system `ftrace`.
@Suite struct FtraceEntryTests {
    private static let symbols = KernelSymbols(
        parsing: """
            ffffffff81000000 T _stext
            ffffffff81001000 T schedule
            ffffffff81001100 T __schedule
            ffffffff81001200 T arch_rethook_trampoline
            ffffffff81001300 T tail
            """)

    private func entry(_ name: String) -> SampleEvent { SampleEvent(name: name, system: "ftrace") }

    @Test func stacks() {
        var event = entry("kernel_stack").with("int size", Int32(3)).with("int pad", Int32(0))
            .with("unsigned long caller[1]", UInt64(0xffff_ffff_8100_1101))
        event.tail = littleEndian([0xffff_ffff_8100_1001, 0xffff_ffff_8100_1200, 0x7fff_ffff, 0, .max, 1] as [UInt64])
        #expect(
            event.text(symbols: Self.symbols)
                == "<stack trace>\n => __schedule\n => schedule\n => [unknown/kretprobe'd]\n => [FTRACE TRAMPOLINE]\n => 0"
        )
        let empty = entry("kernel_stack").with("int size", Int32(0)).with("unsigned long caller[1]", UInt64.max)
        #expect(empty.text() == "<stack trace>")
        let user = entry("user_stack").with("unsigned int tgid", UInt32(1))
            .with("unsigned long caller[3]", bytes: littleEndian([0x7f00_1234_5678, 0x10, 0] as [UInt64]))
        #expect(user.text() == "<user stack trace>\n =>  <00007f0012345678>\n =>  <0000000000000010>")
    }

    @Test func markers() {
        var event = entry("print").with("unsigned long ip", UInt64(0xffff_ffff_8100_1001)).with("char buf[]", bytes: [])
        event.tail = cString("two\nlines\n") + [0, 0]
        #expect(event.text(symbols: Self.symbols) == "schedule: two\nlines")
        event.tail = Array("no end".utf8)
        #expect(event.text() == "0xffffffff81001001: no end")
        let puts = entry("bputs").with("unsigned long ip", UInt64(0xffff_ffff_8100_1001))
            .with("const char * str", UInt64(0x99))
        #expect(puts.text(symbols: Self.symbols, strings: [0x99: "hello\n"]) == "schedule: hello")
        var raw = entry("raw_data").with("unsigned int id", UInt32(0x5a)).with("char buf[]", bytes: [])
        raw.tail = [1, 2, 0xff]
        #expect(raw.text() == "# 5a buf: 01 02 ff")
    }

    @Test func tracePrintk() {
        // The arguments as vbin_printf packs them: words aligned to 4, strings between them, bytes and shorts
        // unaligned.
        var event = entry("bprint").with("unsigned long ip", UInt64(0xffff_ffff_8100_1001))
            .with("const char * fmt", UInt64(0x50)).with("u32 buf[]", bytes: [])
        let format = "%d %5s|%llx %c%hu %pS %-4u|%*d %pI4 %p%%\n"
        event.tail =
            littleEndian([Int32(-4)]) + cString("abc") + littleEndian([UInt64(0x1_0000_0002)]) + [65, 0]
            + littleEndian([UInt16(7)]) + littleEndian([UInt64(0xffff_ffff_8100_1101)]) + littleEndian([UInt32(9)])
            + littleEndian([Int32(3), Int32(8)]) + cString("10.0.0.1") + [0, 0, 0] + littleEndian([UInt64(0xabc)])
        #expect(
            event.text(symbols: Self.symbols, strings: [0x50: format])
                == "schedule: -4   abc|100000002 A7 __schedule+0x1/0x100 9   |  8 10.0.0.1 0000000000000abc%")
        #expect(event.text(symbols: Self.symbols) == "schedule: (0x0000000000000050)")
        event.tail = littleEndian([Int32(1)])
        #expect(event.text(strings: [0x50: "%d %d"]).hasSuffix(": 1 <truncated>"))
    }

    @Test func functions() {
        let event = entry("function").with("unsigned long ip", UInt64(0xffff_ffff_8100_1001))
            .with("unsigned long parent_ip", UInt64(0xffff_ffff_8100_1150))
        #expect(event.text(symbols: Self.symbols) == "schedule <-__schedule")
        let repeats = entry("func_repeats").with("unsigned long ip", UInt64(0xffff_ffff_8100_1001))
            .with("unsigned long parent_ip", UInt64(0)).with("u16 count", UInt16(3)).with("u16 top_delta_ts", UInt16(0))
            .with("u32 bottom_delta_ts", UInt32(1_000_000_000))
        #expect(
            repeats.text(symbols: Self.symbols, context: RenderContext(timestamp: 3_500_000_000))
                == "schedule (repeats: 3, last_ts:     2.500000)")
    }

    @Test func latencyTracers() {
        let hwlat = entry("hwlat").with("u64 duration", UInt64(12)).with("u64 outer_duration", UInt64(9))
            .with("u64 nmi_total_ts", UInt64(77)).with("s64 tv_sec", Int64(5)).with("long tv_nsec", Int64(42))
            .with("unsigned int nmi_count", UInt32(2)).with("unsigned int seqnum", UInt32(3)).with(
                "unsigned int count", UInt32(1))
        #expect(hwlat.text() == "#3     inner/outer(us):   12/9     ts:5.000000042 count:1 nmi-total:77 nmi-count:2")
        let osnoise = entry("osnoise").with("u64 noise", UInt64(5000)).with("u64 runtime", UInt64(1_000_000))
            .with("u64 max_sample", UInt64(7)).with("unsigned int hw_count", UInt32(1)).with(
                "unsigned int nmi_count", UInt32(2)
            )
            .with("unsigned int irq_count", UInt32(3)).with("unsigned int softirq_count", UInt32(4))
            .with("unsigned int thread_count", UInt32(5))
        #expect(osnoise.text() == "1000000       5000  99.50000       7      1      2      3      4      5")
        let timerlat = entry("timerlat").with("unsigned int seqnum", UInt32(9)).with("int context", Int32(0))
            .with("u64 timer_latency", UInt64(932))
        #expect(timerlat.text() == "#9     context    irq timer_latency       932 ns")
    }

    @Test func taskSwitches() {
        let event = entry("context_switch").with("unsigned int prev_pid", UInt32(10)).with(
            "unsigned int next_pid", UInt32(11)
        )
        .with("unsigned int next_cpu", UInt32(1)).with("unsigned char prev_prio", UInt8(120))
        .with("unsigned char prev_state", UInt8(1)).with("unsigned char next_prio", UInt8(98))
        .with("unsigned char next_state", UInt8(0))
        #expect(
            event.text(tasks: SavedCommandLines([11: Array("sh".utf8)])) == "      10:120:S ==> [001]      11: 98:R sh")
        #expect(event.text() == "      10:120:S ==> [001]      11: 98:R <...>")
    }

    @Test func anUnknownNumberIsSaid() {
        var out = TextBuffer()
        let catalog = entry("print").catalog()
        [UInt8](arrayLiteral: 0xff, 0xff, 0, 0, 0, 0, 0, 0).withUnsafeBytes {
            #expect(catalog.render($0, into: &out) == .unknownType)
        }
        #expect(out.string == "Unknown type 65535")
    }
}
