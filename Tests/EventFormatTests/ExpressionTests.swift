import Testing

@testable import EventFormat

@Suite struct ExpressionTests {
    private let event = SampleEvent()
        .with("u32 dev", UInt32(0x0fe0_0003)).with("int n", Int32(-7)).with("u64 big", UInt64(0x8000_0000_0000_0001))
        .with("u8 byte", UInt8(200)).with("s8 tiny", Int8(-1)).with(
            "unsigned long args[3]", bytes: littleEndian([10, 20, 30] as [UInt64])
        )
        .with("__be16 port", UInt16(0x901f))

    @Test(arguments: [
        // What the kernel's macros expand to.
        ("%d", "((unsigned int) ((REC->dev) >> 20))", "254"),
        ("%d", "((unsigned int) ((REC->dev) & ((1U << 20) - 1)))", "3"),
        // Width and sign of C.
        ("%d", "REC->n / 2", "-3"), ("%d", "REC->n % 3", "-1"), ("%u", "(unsigned int)REC->n / 2", "2147483644"),
        ("%d", "REC->n >> 1", "-4"), ("%llu", "REC->big >> 63", "1"), ("%d", "REC->n < 0U", "0"),
        ("%d", "REC->n < 0", "1"),
        ("%d", "-1 < 0UL", "0"), ("%d", "REC->tiny == -1", "1"), ("%d", "REC->byte + 100", "300"),
        ("%u", "(u8)(REC->byte + 100)", "44"), ("%d", "(s8)REC->byte", "-56"),
        ("%llx", "(u64)REC->n", "fffffffffffffff9"),
        ("%llx", "(u64)(u32)REC->n", "fffffff9"), ("%lx", "~0UL", "ffffffffffffffff"), ("%x", "~0", "ffffffff"),
        ("%lld", "2147483647 + 1", "-2147483648"), ("%lld", "2147483648 + 1", "2147483649"),
        ("%u", "0x80000000 >> 4", "134217728"),
        ("%d", "REC->dev ? -1 : 0U", "-1"), ("%lld", "REC->dev ? REC->n : 1ULL", "-7"),
        ("%lld", "(long)(REC->n)", "-7"),
        // Precedence and associativity.
        ("%d", "2 + 3 * 4 - 1", "13"), ("%d", "1 << 2 + 1", "8"), ("%d", "6 & 3 == 3", "0"), ("%d", "8 - 4 - 2", "2"),
        ("%d", "1 || 0 && 0", "1"), ("%d", "!REC->n == 0", "1"), ("%d", "1 ? 2 : 0 ? 3 : 4", "2"),
        ("%d", "0 ?: 5", "5"),
        ("%d", "REC->n ?: 5", "-7"), ("%d", "- -3", "3"), ("%d", "'A'", "65"), ("%d", "010 + 0b11 + 0x1F", "42"),
        // Nothing here may trap.
        ("%d", "REC->n / 0", "0"), ("%d", "REC->n % (REC->n + 7)", "0"), ("%d", "1 << 200", "0"),
        ("%lld", "(-9223372036854775807LL - 1) / -1", "-9223372036854775808"),
        // Arrays.
        ("%lu", "REC->args[2]", "30"), ("%lu", "REC->args[REC->byte - 199]", "20"),
        ("%lu", "REC->args[REC->byte]", "0"),
        ("%zu", "sizeof(REC->args) / sizeof(REC->args[0])", "3"), ("%zu", "sizeof(u64) + sizeof(char *)", "16"),
        ("%lu", "*(REC->args + 1)", "20"), ("%lu", "(&REC->args[1])[1]", "30"), ("%u", "*(u8 *)&REC->byte", "200"),
        // Builtins.
        ("%d", "__builtin_expect(!!(REC->n), 0)", "1"), ("%u", "__builtin_bswap16(REC->port)", "8080"),
        ("%u", "(__builtin_constant_p(REC->port) ? 1 : __fswab16(REC->port))", "8080"),
        ("%u", "ntohs(REC->port)", "8080"),
        ("%d", "({ int a = (REC->n); int b = (128); ((a) < (b) ? (a) : (b)); })", "-7"),
        ("%d", "({ u8 a = 300; a; }) + ({ int a = 1; a; })", "45"), ("%d", "(bool)REC->big", "1"),
        ("%lld", "__print_ns_to_secs(1500000000ULL)", "1"),
        ("%u", "__print_ns_without_secs(1500000000ULL)", "500000000"),
    ])
    func values(format: String, expression: String, expected: String) {
        #expect(event.printing("\"\(format)\", \(expression)").text() == expected, "\(expression)")
    }

    @Test func tables() {
        func flags(_ value: UInt64, _ delimiter: String = "|") -> String {
            SampleEvent().with("unsigned long f", value).printing(
                "\"%s\", __print_flags(REC->f, \"\(delimiter)\", { 3, \"RW\" }, { 1 << 0, \"R\" }, { 2, \"W\" }, { 0x10UL, \"X\" }, { -1, ((void *)0) }, { 32, \"never\" })"
            ).text()
        }
        #expect(flags(0) == "")
        #expect(flags(1) == "R")
        #expect(flags(3) == "RW")
        #expect(flags(0x12) == "W|X")
        #expect(flags(0x62) == "W|0x60")
        #expect(flags(0x60) == "0x60")
        #expect(flags(0x12, "") == "WX")
        let symbol = SampleEvent().with("int s", Int32(-1)).printing(
            "\"%s %s %s\", __print_symbolic(REC->s, {-1, \"minus\"}, { 0, \"zero\" }), __print_symbolic(2, {0, \"zero\"}), __print_symbolic(-2, { })"
        )
        #expect(symbol.text() == "minus 0x2 0xfffffffffffffffe")
    }

    @Test func choosingStrings() {
        let event = event.with("char c[4]", bytes: cString("abc")).with("__data_loc char[] d", dynamic: cString("dyn"))
        #expect(
            event.printing(
                "\"%s|%s\", REC->n ? \"yes\" : \"no\", REC->n == 1 ? \"one\" : REC->n == -7 ? REC->c : \"no\""
            ).text()
                == "yes|abc")
        #expect(
            event.printing("\"[%5s][%-5s]\", REC->n ? __get_str(d) : \"x\", REC->n ? \"q\" : \"\"").text()
                == "[  dyn][q    ]")
        #expect(event.printing("\"%s%s\", __get_str(d)[0] ? \" \" : \"\", __get_str(d)").text() == " dyn")
        #expect(event.printing("\"%s\", REC->n ? __print_symbolic(REC->n, {-7, \"seven\"}) : \"\"").text() == "seven")
        #expect(event.printing("\"%s\", (char *)__get_dynamic_array(d) + 1").text() == "yn")
    }

    @Test func dynamicArrays() {
        let event = SampleEvent()
            .with("__data_loc u64[] a", dynamic: littleEndian([1, 0xff] as [UInt64]))
            .with("__rel_loc char[] r", dynamic: cString("rel"), isRelative: true)
            .with("__data_loc u8[] b", dynamic: [0xde, 0xad, 1])
        #expect(
            event.printing(
                "\"%s\", __print_array(__get_dynamic_array(a), __get_dynamic_array_len(a) / sizeof(u64), sizeof(u64))"
            ).text()
                == "{0x1,0xff}")
        #expect(event.printing("\"%s\", __print_dynamic_array(a, sizeof(u64))").text() == "{0x1,0xff}")
        #expect(event.printing("\"%s %d\", __get_rel_str(r), __get_rel_dynamic_array_len(r)").text() == "rel 4")
        #expect(
            event.printing(
                "\"%s %s\", __print_hex(__get_dynamic_array(b), 3), __print_hex_str(__get_dynamic_array(b), 2)"
            ).text()
                == "de ad 01 dead")
        // More elements than the record has.
        #expect(
            event.printing("\"%s\", __print_array(__get_dynamic_array(b), 1000000000, 1)").text() == "{0xde,0xad,0x1}")
        #expect(event.printing("\"%s\", __print_hex(__get_dynamic_array(b), -1)").text() == "de ad 01")
        #expect(
            event.printing("\"%s\", __print_array(__get_dynamic_array(b), 1, 3)").text() == "{BAD SIZE:3 0xde,0xad,0x1}"
        )
    }

    @Test func ownSequences() {
        let format =
            "\"%s!\", ({ const char *ret = trace_seq_buffer_ptr(p); trace_seq_printf(p, \"%d-%s\", REC->n, \"x\"); trace_seq_puts(p, \"y\"); trace_seq_putc(p, 'z'); trace_seq_putc(p, 0); ret; })"
        #expect(event.printing(format).text() == "-7-xyz!")
    }

    @Test func jiffiesAreThoseOfTheEvent() {
        let event = SampleEvent().with("unsigned long when", UInt64(4_294_967_296))
            .printing("\"%lu %u\", (jiffies - REC->when) / 250, jiffies_to_msecs(25)")
        let kernel = KernelDescription(ticksPerSecond: 250)
        // Jiffies start five minutes below zero of 32 bits.
        #expect(event.text(kernel: kernel, context: RenderContext(timestamp: 310_000_000_000)) == "10 100")
        #expect(event.catalog(kernel: kernel).assumed.first?.what.count == 1)
    }

    @Test func kernelStrings() {
        let event = SampleEvent().with("const char * s", UInt64(0xffff_ffff_8281_a569)).printing("\"%s\", REC->s")
        #expect(event.text(strings: [0xffff_ffff_8281_a569: "rcu"]) == "rcu")
        #expect(event.text() == "(0xffffffff8281a569)")
        #expect(SampleEvent().with("const char * s", UInt64(0)).printing("\"%s\", REC->s").text() == "(null)")
    }

    @Test(arguments: [
        "REC->missing", "unknown_function(1)", "REC->n.x", "(struct foo *)REC->n + 1", "REC->n +", "(REC->n",
        "\"text\"", "{ 1 }", "sizeof(struct nothing)", "({ struct x y = 1; y; })", "REC->args[3]", "1 1", "@", "'a",
    ])
    func whatIsNotUnderstoodIsSaid(expression: String) {
        #expect(event.printing("\"%d\", \(expression)").catalog().uncompiled.count == 1)
    }

    @Test func theFormatsOwnTypesAreKnown() {
        let event = SampleEvent().with("xfs_agino_t ino", UInt32(7)).printing("\"%llu\", (xfs_agino_t)0x100000001ULL")
        #expect(event.text() == "1")
        #expect(event.printing("\"%d\", (struct never)1").text().hasPrefix("uncompiled: unknown type 'struct never'"))
    }
}
