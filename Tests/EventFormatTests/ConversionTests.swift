import Testing

@testable import EventFormat

/// The conversions of lib/vsprintf.c. Where the kernel's function differs from C's, the kernel's result is expected.
@Suite struct ConversionTests {
    @Test(arguments: [
        ("%d", "-5"), ("%u", "4294967291"), ("%x", "fffffffb"), ("%5d|", "   -5|"), ("%-5d|", "-5   |"),
        ("%05d", "-0005"), ("%+d", "-5"), ("%.4d", "-0005"), ("%8.4d|", "   -0005|"), ("%hd", "-5"), ("%hu", "65531"),
        ("%hhu", "251"), ("%lx", "fffffffffffffffb"), ("%o", "37777777773"), ("%X", "FFFFFFFB"), ("%#x", "0xfffffffb"),
        ("%#o", "037777777773"), ("%#010x", "0xfffffffb"), ("%#14x|", "    0xfffffffb|"), ("%i%%", "-5%"),
    ])
    func integers(format: String, expected: String) {
        let event = SampleEvent().with("int x", Int32(-5)).printing("\"\(format)\", REC->x")
        #expect(event.text() == expected)
    }

    @Test(arguments: [
        ("%llu", "0"), ("%#x", "0x0"), ("%#o", "0"), ("%x", "0"), ("%+d", "+0"), ("% d", " 0"), ("%04x", "0000"),
        ("%.0d", "0"), ("%*d", "    0"), ("%-*d|", "0    |"), ("%0*d", "00000"), ("%.*d", "00000"),
    ])
    func zero(format: String, expected: String) {
        let star = format.contains("*") ? "5, " : ""
        let event = SampleEvent().with("u64 x", UInt64(0)).printing("\"\(format)\", \(star)REC->x")
        #expect(event.text() == expected)
    }

    @Test func aNegativeWidthIsLeft() {
        #expect(SampleEvent().with("int w", Int32(-6)).printing("\"%*u|\", REC->w, 7").text() == "7     |")
        #expect(SampleEvent().with("int w", Int32.min).printing("\"%*u|\", REC->w, 7").text().utf8.count == 1025)
    }

    @Test func extremes() {
        let event = SampleEvent().with("s64 a", Int64.min).with("u64 b", UInt64.max)
        #expect(
            event.printing("\"%lld %llu %llx %llo\", REC->a, REC->b, REC->b, REC->b").text()
                == "-9223372036854775808 18446744073709551615 ffffffffffffffff 1777777777777777777777")
        // A wide value in a narrow conversion is truncated, as on the kernel's stack.
        #expect(event.printing("\"%d %u %hhx\", REC->b, REC->b, REC->b").text() == "-1 4294967295 ff")
    }

    @Test func strings() {
        let event = SampleEvent().with("char comm[8]", bytes: cString("bash", size: 8))
        #expect(event.printing("\"%s\", REC->comm").text() == "bash")
        #expect(
            event.printing("\"%6s|%-6s|%.2s|%6.1s|\", REC->comm, REC->comm, REC->comm, REC->comm").text()
                == "  bash|bash  |ba|     b|")
        #expect(event.printing("\"%.*s|%*s|\", 3, REC->comm, 6, REC->comm").text() == "bas|  bash|")
        #expect(
            SampleEvent().with("char comm[4]", bytes: Array("abcd".utf8)).printing("\"%s\", REC->comm").text() == "abcd"
        )
        #expect(event.printing("\"%c%c%3c\", REC->comm[0], 'x', '\\n'").text() == "bx  \n")
        #expect(event.printing("\"a\\tb\" \"\\\\\\\"\" \"\\x41\\101\"").text() == "a\tb\\\"AA")
    }

    @Test func pointers() {
        let event = SampleEvent().with("void * p", UInt64(0xffff_8881_b045_d240)).with("void * n", UInt64(0))
        #expect(
            event.printing("\"%p %px %pK %p\", REC->p, REC->p, REC->p, REC->n").text()
                == "ffff8881b045d240 ffff8881b045d240 ffff8881b045d240 0000000000000000")
        #expect(
            event.printing("\"%pe %pe %pe\", (void *)-2, (void *)-133L, (void *)-4000L").text()
                == "-ENOENT -EHWPOISON -4000")
    }

    @Test func addresses() {
        let four = SampleEvent().with("__u8 a[4]", bytes: [127, 0, 0, 1])
        #expect(four.printing("\"%pI4 %pi4\", REC->a, REC->a").text() == "127.0.0.1 127.000.000.001")
        func six(_ words: [UInt16]) -> SampleEvent {
            SampleEvent().with("__u8 a[16]", bytes: words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] })
        }
        let cases: [([UInt16], String)] = [
            ([0, 0, 0, 0, 0, 0, 0, 0], "::"), ([0, 0, 0, 0, 0, 0, 0, 1], "::1"),
            ([0, 0, 0, 0, 0, 0xffff, 0x7f00, 1], "::ffff:127.0.0.1"),
            ([0x2001, 0xdb8, 0, 0, 1, 0, 0, 1], "2001:db8::1:0:0:1"),
            ([0x2001, 0, 3, 4, 5, 6, 7, 8], "2001:0:3:4:5:6:7:8"),
            ([0xfe80, 0, 0, 0, 0, 0x5efe, 0x0a00, 1], "fe80::5efe:10.0.0.1"),
            ([1, 2, 3, 4, 5, 6, 0, 0], "1:2:3:4:5:6::"),
        ]
        for (words, expected) in cases { #expect(six(words).printing("\"%pI6c\", REC->a").text() == expected) }
        #expect(
            six([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]).printing("\"%pI6 %pi6\", REC->a, REC->a").text()
                == "2001:0db8:0000:0000:0000:0000:0000:0001 20010db8000000000000000000000001")
        let mac = SampleEvent().with("unsigned char m[6]", bytes: [0, 0x1b, 0x21, 0xff, 0xa, 9])
        #expect(
            mac.printing("\"%pM %pm %pMF %pMR\", REC->m, REC->m, REC->m, REC->m").text()
                == "00:1b:21:ff:0a:09 001b21ff0a09 00-1b-21-ff-0a-09 09:0a:ff:21:1b:00")
        let uuid = SampleEvent().with("u8 u[16]", bytes: (0..<16).map { UInt8($0 + 0xa0) })
        #expect(
            uuid.printing("\"%pU %pUl %pUB\", REC->u, REC->u, REC->u").text()
                == "a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf a3a2a1a0-a5a4-a7a6-a8a9-aaabacadaeaf A0A1A2A3-A4A5-A6A7-A8A9-AAABACADAEAF"
        )
    }

    @Test func socketAddresses() {
        let inet = SampleEvent().with(
            "__u8 s[28]", bytes: [2, 0, 0x1f, 0x90, 10, 0, 0, 1] + [UInt8](repeating: 0, count: 20))
        #expect(inet.printing("\"%pISpc %pIS\", REC->s, REC->s").text() == "10.0.0.1:8080 10.0.0.1")
        let address: [UInt8] = [0xfe, 0x80] + [UInt8](repeating: 0, count: 13) + [1]
        let inet6 = SampleEvent().with("__u8 s[28]", bytes: [10, 0, 0, 80, 0, 0, 0, 5] + address + [3, 0, 0, 0])
        #expect(
            inet6.printing("\"%pISpc %pISc %pISpsc %pISfc\", REC->s, REC->s, REC->s, REC->s").text()
                == "[fe80::1]:80 fe80::1 [fe80::1]:80%3 [fe80::1]/5")
        let other = SampleEvent().with("__u8 s[28]", bytes: [UInt8](repeating: 1, count: 28))
        #expect(other.printing("\"%pISpc\", REC->s").text() == "(einval)")
        let dynamic = SampleEvent().with("__data_loc __u8[] s", dynamic: [2, 0, 0, 53, 1, 2, 3, 4])
        #expect(dynamic.printing("\"%pISpc\", __get_sockaddr(s)").text() == "1.2.3.4:53")
        #expect(
            SampleEvent().with("__data_loc __u8[] s", dynamic: [2, 0]).printing("\"%pISpc\", __get_sockaddr(s)").text()
                == "(efault)")
    }

    @Test func bytesAndBits() {
        let event = SampleEvent().with("u8 b[4]", bytes: [1, 0xab, 0, 0x7f])
        #expect(
            event.printing("\"%*ph|%*phC|%*phD|%*phN|%4ph\", 4, REC->b, 3, REC->b, 2, REC->b, 4, REC->b, REC->b").text()
                == "01 ab 00 7f|01:ab:00|01-ab|01ab007f|01 ab 00 7f")
        let mask = SampleEvent().with("__data_loc unsigned long[] m", dynamic: littleEndian([UInt64(0x1_0000_00f1)]))
        #expect(
            mask.printing("\"%s %s\", __get_bitmask(m), __get_cpumask(m)").text()
                == "00000001,000000f1 00000001,000000f1")
        #expect(mask.printing("\"%*pbl\", 33, __get_dynamic_array(m)").text() == "0,4-7,32")
    }

    @Test(arguments: ["%q", "%", "%pd", "%9999d", "%V", "%d %d"])
    func whatCannotBeRenderedIsSaid(format: String) {
        let event = SampleEvent().with("u64 x", UInt64(0)).printing("\"\(format)\", REC->x")
        let catalog = event.catalog()
        #expect(catalog.uncompiled.count == 1)
        // The fields are shown instead, as the kernel's option "fields" does.
        var out = TextBuffer()
        event.record.withUnsafeBytes { _ = catalog.render($0, into: &out) }
        #expect(out.string == "probe: x=0x0 (0)")
    }
}
