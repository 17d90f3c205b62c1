import Testing

@testable import EventFormat

/// Print formats of kernels and drivers that a compiler of plain C refuses, though nothing in them is unknowable.
@Suite struct UnusualFormatTests {
    @Test(
        "Quotation marks that the kernel does not escape",
        arguments: [
            (#"""%s" %x %o", __get_str(s), REC->a, REC->b"#, #""/etc/hosts" 15b38 1232"#),
            (#"""%s"", __get_str(s)"#, #""/etc/hosts""#),
            (#""s="%s", a=%x", __get_str(s), REC->a"#, #"s="/etc/hosts", a=15b38"#),
            (#""a "b", c" d %x", REC->a"#, #"a "b", c" d 15b38"#),
            (#""x "y" z""#, #"x "y" z"#),
            // What follows the rules of C stays what it is.
            (#""a" "b %x", REC->a"#, "ab 15b38"),
            (#""\"%s\" %x", __get_str(s), REC->a"#, #""/etc/hosts" 15b38"#),
            (#""%s", REC->a ? "say \"x\", y" : """#, #"say "x", y"#),
        ])
    func quotes(format: String, expected: String) {
        let event = SampleEvent().with("__data_loc char[] s", dynamic: cString("/etc/hosts")).with(
            "int a", Int32(88888)
        )
        .with("umode_t b", UInt16(666)).printing(format)
        #expect(event.text() == expected)
    }

    @Test("The lecture's example")
    func openEvent() {
        let event = SampleEvent(name: "do_sys_open", system: "fs").with(
            "__data_loc char[] filename", dynamic: cString("/etc/hosts")
        ).with("int flags", Int32(0x88000)).with("int mode", Int32(0o666)).printing(
            #"""%s" %x %o", __get_str(filename), REC->flags, REC->mode"#)
        #expect(event.text(includingName: true) == #"do_sys_open: "/etc/hosts" 88000 666"#)
    }

    @Test(
        "A name whose value is not known does not hide the others",
        arguments: [
            (#""%d %d", REC->a, UNKNOWN"#, "5 UNKNOWN"),
            (#""%s %d", REC->a == UNKNOWN ? "y" : "n", REC->a"#, "? 5"),
            (#""%s %d", REC->a == 5 ? "y" : REC->a == UNKNOWN ? "u" : "n", REC->a"#, "y 5"),
            (#""%s", __print_symbolic(REC->a, { UNKNOWN, "u" }, { 5, "five" })"#, "five"),
            (#""%s", __print_symbolic(REC->a, { UNKNOWN + 1, "u" }, { 6, "six" })"#, "0x5"),
            (#""%s", __print_flags(REC->a, "|", { (1 << UNKNOWN), "u" }, { 1, "one" })"#, "one|0x4"),
            (#""%*d|%d", UNKNOWN, REC->a, REC->a"#, "?|5"),
            (#""%d", REC->a + UNKNOWN"#, "?"),
        ])
    func unknownNames(format: String, expected: String) {
        let event = SampleEvent().with("int a", Int32(5)).printing(format)
        #expect(event.text() == expected)
        #expect(event.catalog().assumed.count == 1)
    }

    @Test(
        "Pointers with integers",
        arguments: [
            ("void * p", "REC->p + REC->n", "1010"), ("void * p", "REC->n + REC->p", "1010"),
            ("void * p", "REC->p - REC->n", "ff0"), ("u32 * p", "REC->p + 2", "1008"),
            ("u32 * p", "2 + REC->p", "1008"),
            ("const void * p", "REC->p + 1", "1001"), ("void __iomem * p", "REC->p + 1", "1001"),
            ("char * * p", "REC->p + 1", "1008"), ("u64 p", "(void *)REC->p + 1", "1001"),
            ("u64 p", "1 + (u16 *)REC->p", "1002"),
            // A difference of pointers counts what they point to.
            ("u32 * p", "REC->p - ((u32 *)0xff0)", "4"), ("struct page * p", "REC->p - ((struct page *)0x800)", "20"),
            ("struct page * p", "REC->p + 1", "1040"),
        ])
    func pointers(field: String, expression: String, expected: String) {
        let event = SampleEvent().with(field, UInt64(0x1000)).with("u32 n", UInt32(16)).printing(
            "\"%lx\", (unsigned long)(\(expression))")
        #expect(event.text() == expected)
    }

    @Test("An address that only the kernel can calculate does not hide the rest")
    func unknownAddresses() {
        for address in ["mem_map + REC->n", "(struct page *)(((REC->n) + sizeof(struct zone)))", "page_of(REC->n)"] {
            let event = SampleEvent().with("u32 n", UInt32(16)).printing("\"page=%p pfn=%u\", \(address), REC->n")
            #expect(event.text() == "page=(____ptrval____) pfn=16", "\(address)")
            #expect(event.catalog().assumed.count == 1)
        }
    }

    @Test("A type that is that of another expression")
    func typeOf() {
        let event = SampleEvent().with("s64 v", Int64(-1)).with("u8 b", UInt8(3)).printing(
            "\"%llx %lld\", (typeof(REC->b))(REC->v), ~((typeof(1UL << 3))(REC->b) - 1) & 7")
        #expect(event.text() == "ff 5")
    }

    @Test("Two fields of one name: the functions of dynamic arrays mean that of an array")
    func twoFieldsOfAName() {
        let event = SampleEvent().with("bool data", UInt8(1)).with("__data_loc u8[] data", dynamic: [7, 8]).printing(
            "\"[%s]\", __print_hex(__get_dynamic_array(data), REC->data ? 2 : 0)")
        #expect(event.text() == "[07 08]")
    }

    @Test func aCommaBehindATextWithoutArguments() {
        #expect(SampleEvent().with("u8 b", UInt8(3)).printing("\" \", ").text() == " ")
    }

    @Test(
        "Functions that only calculate",
        arguments: [
            ("%d", "__le16_to_cpup((__le16 *)__get_dynamic_array(d))", "513"),
            ("%d", "le16_to_cpup(__get_dynamic_array(d))", "513"),
            ("%d", "__be16_to_cpup(__get_dynamic_array(d))", "258"),
            ("%x", "get_unaligned_le32(__get_dynamic_array(d))", "4030201"),
            ("%x", "get_unaligned_be32(__get_dynamic_array(d))", "1020304"),
            ("%lld", "div_s64(REC->v, 1000)", "-2"), ("%lld", "div64_s64(REC->v, -1000)", "2"),
            ("%llu", "div_u64(REC->w, 10)", "412"), ("%llu", "div64_u64(REC->w, 10)", "412"),
            ("%lld", "ktime_to_us(REC->v)", "-2"), ("%lld", "ktime_to_ns(REC->v)", "-2500"),
            ("%d", "__ilog2_u64(REC->w)", "12"), ("%d", "__order_base_2(REC->w)", "13"),
            ("%d", "__order_base_2(1)", "0"),
            ("%d", "__builtin_constant_p(REC->w) ? 1 : __ilog2_u32(REC->w)", "12"),
            ("%lld", "(long long)(((s64)((ktime_t) { .tv64 = REC->v }).tv64))", "-2500"),
            ("%lld", "((ktime_t) { REC->v }).tv64 / 100", "-25"),
            (
                "%zu",
                "(sizeof(REC->w) / sizeof(u32) + ((int)(sizeof(struct { int:(-!!(__same_type((REC->w), &(REC->w)[0]))); }))))",
                "2"
            ),
            ("%s", "ftrace_print_hex_seq(p, __get_dynamic_array(d), 3)", "01 02 03"),
        ])
    func functions(conversion: String, expression: String, expected: String) {
        let event = SampleEvent().with("s64 v", Int64(-2500)).with("u64 w", UInt64(4127))
            .with("__data_loc u8[] d", dynamic: [1, 2, 3, 4]).printing("\"\(conversion)\", \(expression)")
        #expect(event.text() == expected)
    }

    @Test(
        "Casts to types of which only the name is known",
        arguments: [
            ("(OM_uint32)REC->v", "fffffffe"), ("(my_u16)REC->v", "fffe"), ("(driver_uint8_t)REC->v", "fe"),
            ("(strange_t)REC->v", "fffffffe"), ("(strange_t)(REC->v) & 0xff", "fe"),
        ])
    func casts(expression: String, expected: String) {
        let event = SampleEvent().with("int v", Int32(-2)).printing("\"%x\", \(expression)")
        #expect(event.text() == expected)
    }

    @Test("Arrays of longs of a 32-bit machine")
    func longArrays() {
        let kernel = KernelDescription(longSize: 4)
        let event = SampleEvent().with("unsigned long args[3]", bytes: littleEndian([11, 22, 33] as [UInt32]))
            .with("__data_loc unsigned long[] d", dynamic: littleEndian([44, 55] as [UInt32]))
            .with("long half[2]", bytes: littleEndian([-1, 2] as [Int32]))
            .printing(
                "\"%lu %lu %lu %ld %ld\", REC->args[0], REC->args[2], ((unsigned long *)__get_dynamic_array(d))[1], REC->half[0], REC->half[1]"
            )
        #expect(event.text(kernel: kernel) == "11 33 55 -1 2")
        var out = TextBuffer()
        event.record.withUnsafeBytes { _ = event.catalog(kernel: kernel).renderFieldsJSON($0, into: &out) }
        #expect(out.string == #"{"args":[11,22,33],"d":[44,55],"half":[4294967295,2]}"#)
    }

    @Test("Text of no stated size, as kernels before 5.5 write it")
    func sizeless() {
        var event = SampleEvent(name: "print", system: "ftrace", id: 5).with("unsigned long ip", UInt64(0x10))
        event.fields.append(SampleEvent.Field(declaration: "char buf", size: 0, isSigned: true, bytes: []))
        event.printFormat = "\"%ps: %s\", (void *)REC->ip, REC->buf"
        event.tail = cString("hello\n")
        #expect(event.text() == "0x10: hello")
        #expect(event.json == #"{"ip":16,"buf":"hello\n"}"#)
    }
}
