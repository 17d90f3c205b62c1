import Probes
import Testing

/// Texts that are refused before anything is sent. `^` stands where the caret must be. The kernel's names of errors are
/// those of kernel/trace/trace_probe.h; nil where only we look.
let malformed: [(text: String, kernelName: String?, says: String)] = [
    // The whole.
    ("^", nil, "an empty probe"),
    ("^do_filp_open", nil, "write kprobe:do_filp_open"),
    ("^-:mine/probe", nil, "removed by itself"),
    ("^tracepoint:sched:sched_switch", nil, "choose them with -e"),
    ("^kfunc:vfs_read", nil, "write f:"),
    ("^k:vfs_read", nil, "write kprobe:"),
    ("^x:foo bar", nil, "unknown form"),
    ("^probe:vfs_read", nil, "unknown form"),
    ("p:x vfs_read^\n-:other/event", nil, "one line without control characters"),
    ("p:x vfs_read a=%di^\u{7f}", nil, "one line without control characters"),
    ("p:x /bin/a^#b:0x10", nil, "comment"),
    ("p:x^", "BAD_PROBE_ADDR", "nothing to probe"),
    ("r^", "BAD_PROBE_ADDR", "nothing to probe"),
    ("t:x^", "BAD_PROBE_ADDR", "t:NAME TRACEPOINT"),
    ("e:x^", "BAD_PROBE_ADDR", "e:NAME SYSTEM.EVENT"),
    // Numbers of instances.
    ("p^100 vfs_read", "BAD_MAXACT_TYPE", "write p:"),
    ("p^16 vfs_read%return", "BAD_MAXACT_TYPE", "write p:"),
    ("r^16:x /bin/sh:0x10", "BAD_MAXACT_TYPE", "kernel functions"),
    ("f^100 vfs_read", "BAD_MAXACT_TYPE", "returns from kernel functions"),
    ("t^1:x sched_switch", "BAD_MAXACT_TYPE", "returns from kernel functions"),
    ("e^1:x sched.sched_switch", "BAD_MAXACT_TYPE", "no number"),
    ("r^1a111 vfs_read", "BAD_MAXACT", "\"1a111\" is no number"),
    ("r^0 vfs_read", "BAD_MAXACT", "\"0\" is no number"),
    ("r^100000 vfs_read", "MAXACT_TOO_BIG", "at most 4096"),
    // Places in the kernel.
    ("p ^hoge-fuga", "BAD_PROBE_ADDR", "\"hoge-fuga\" is no name"),
    ("p ^hoge+1000-1000", "BAD_PROBE_ADDR", "\"1000-1000\" is no offset"),
    ("p ^vfs_read+", "BAD_PROBE_ADDR", "is no offset"),
    ("p ^vfs_read+0x1ffffffff", "BAD_PROBE_ADDR", "too large"),
    ("p ^0xffffffffffffffffff", "BAD_PROBE_ADDR", "is no name"),
    ("p:^0xfffz vfs_read", "BAD_EVENT_NAME", "neither a name nor an address"),
    ("p ^vfs_*", "BAD_PROBE_ADDR", "patterns are not taken"),
    ("p ^:vfs_read", "BAD_PROBE_ADDR", "no name of a module"),
    ("p ^m.d:vfs_read", "BAD_PROBE_ADDR", "no name of a module"),
    ("p ext4:^", "BAD_PROBE_ADDR", "the function is missing"),
    ("r ^vfs_read+10", "BAD_RETPROBE", "leave out +10"),
    ("p ^vfs_read+16%return", "BAD_RETPROBE", "leave out +16"),
    ("p vfs_read^%hoge", "BAD_ADDR_SUFFIX", "only %return"),
    ("f vfs_read^%hoge", "BAD_ADDR_SUFFIX", "only %return"),
    ("f ^vfs_read+10", "BAD_PROBE_ADDR", "use p:"),
    ("t:x sched^:sched_switch", "BAD_TP_NAME", "without its system"),
    ("e:x ^sched_switch", "NO_EVENT_INFO", "names system and event"),
    ("e ^a.", "NO_EVENT_INFO", "names system and event"),
    ("e ^.b", "NO_EVENT_INFO", "names system and event"),
    ("e:x sched.sched_switch if^", "NO_EP_FILTER", "no filter"),
    ("kprobe:^", "BAD_PROBE_ADDR", "write kprobe:FUNC"),
    ("kprobe:^9lives", "BAD_PROBE_ADDR", "is no name"),
    ("kprobe:ext4:^", "BAD_PROBE_ADDR", "the function is missing"),
    ("kprobe:^do_*", "BAD_PROBE_ADDR", "patterns are not taken"),
    ("kprobe:ext4:^a:b", "BAD_PROBE_ADDR", "is no name"),
    ("kretprobe:^vfs_read+4", "BAD_RETPROBE", "leave out +4"),
    // Names.
    ("p:^/bar vfs_read", "NO_GROUP_NAME", "missing before /"),
    ("p:^\(String(repeating: "g", count: 64))/bar vfs_read", "GROUP_TOO_LONG", "at most 63"),
    ("p:^foo.1/bar vfs_read", "BAD_GROUP_NAME", "\"foo.1\" is no name"),
    ("p:foo/^9bar vfs_read", "BAD_EVENT_NAME", "\"9bar\" is no name"),
    ("p:foo/^\(String(repeating: "e", count: 64)) vfs_read", "EVENT_TOO_LONG", "at most 63"),
    ("p:foo/^bar.1 vfs_read", "BAD_EVENT_NAME", "\"bar.1\" is no name"),
    ("p:^my-probe vfs_read", "BAD_EVENT_NAME", "\"my-probe\" is no name"),
    ("p:^ vfs_read", "NO_EVENT_NAME", "is missing"),
    ("f:^/bar vfs_read", "NO_GROUP_NAME", "missing before /"),
    ("^my-probe=kprobe:vfs_read", "BAD_EVENT_NAME", "\"my-probe\" is no name"),
    ("^=kprobe:vfs_read", "NO_EVENT_NAME", "is missing"),
    // Places in files.
    ("p ^bin/sh:0x10", nil, "no absolute path"),
    ("p /bin/sh^", nil, "a file needs an offset"),
    ("p /bin/sh:^main", "BAD_UPROBE_OFFS", "write uprobe:/bin/sh:main"),
    ("r /bin/sh:^main", "BAD_UPROBE_OFFS", "write uretprobe:/bin/sh:main"),
    ("p /bin/sh:^10a", "BAD_UPROBE_OFFS", "\"10a\" is no offset"),
    ("p /bin/sh:^", "BAD_UPROBE_OFFS", "take the offset"),
    ("p /bin/sh:10(^1a)", "BAD_REFCNT", "\"1a\" is no offset"),
    ("p /bin/sh:10(10^", "REFCNT_OPEN_BRACE", "not closed"),
    ("p /bin/sh:10(10)^a", "BAD_REFCNT_SUFFIX", "nothing may follow"),
    ("p /bin/sh:10^%hoge", "BAD_ADDR_SUFFIX", "only %return"),
    ("uprobe:/bin/sh^", nil, "write uprobe:/PATH:SYMBOL"),
    ("uprobe:^libc.so.6:malloc", nil, "no absolute path"),
    ("uprobe:^:malloc", nil, "the path is missing"),
    ("uprobe:/bin/sh:^", nil, "the symbol is missing"),
    ("uprobe:/bin/sh:^0x", "BAD_UPROBE_OFFS", "is no offset"),
    ("uretprobe:/bin/sh:^main+4", "BAD_RETPROBE", "leave out +4"),
    ("usdt:/bin/app:provider^", nil, "write usdt:/PATH:PROVIDER:NAME"),
    ("usdt:/bin/app:provider:^", nil, "write usdt:/PATH:PROVIDER:NAME"),
    ("usdt:/bin/app:^:name", nil, "write usdt:/PATH:PROVIDER:NAME"),
    ("usdt:^app:provider:name", nil, "no absolute path"),
    // Variables.
    ("p vfs_read ^$retval", "RETVAL_ON_PROBE", "write r: or kretprobe:"),
    ("kprobe:vfs_read ret=^$retval", "RETVAL_ON_PROBE", "kretprobe:"),
    ("uprobe:/bin/sh:main ^$retval", "RETVAL_ON_PROBE", "uretprobe:"),
    ("r vfs_read ^$retvalue", "BAD_VAR", "write $retval"),
    ("p vfs_read ^$stack10000", "BAD_STACK_NUM", "no entry 10000"),
    ("p vfs_read ^$arg10000", "BAD_ARG_NUM", "from $arg1"),
    ("p vfs_read ^$arg0", "BAD_ARG_NUM", "from $arg1"),
    ("p vfs_read ^$argx", "BAD_VAR", "no variable"),
    ("p vfs_read ^$none_var", "BAD_VAR", "no variable \"$none_var\""),
    ("p vfs_read+4 ^$arg1", "NOFENTRY_ARGS", "only at the entry of vfs_read"),
    ("p 0xffffffff81234567 ^$arg1", "NOFENTRY_ARGS", "anywhere in a function"),
    ("uprobe:/bin/sh:main+4 ^$arg1", "NOFENTRY_ARGS", "only at the entry of main"),
    ("uretprobe:/bin/sh:main ^$arg1", "NOFENTRY_ARGS", "gone when a function returns"),
    ("f vfs_read args=^$arg*", "BAD_VAR_ARGS", "stands alone"),
    ("f vfs_read +0(^$arg*)", "BAD_VAR_ARGS", "stands alone"),
    ("f vfs_read $arg* ^$arg*", "DOUBLE_ARGS", "once"),
    ("uprobe:/bin/sh:main ^$arg*", "NOSUP_BTFARG", "write $arg1 $arg2"),
    ("uprobe:/bin/sh:main ^argc", "NOSUP_BTFARG", "only in the kernel"),
    ("p vfs_read+4 ^file", "NOSUP_BTFARG", "only at the entry"),
    ("f vfs_read file^-.foo", "BAD_HYPHEN", "without >"),
    ("f vfs_read file^.foo", "NOSUP_DAT_ARG", "write ->"),
    ("f vfs_read file->^", "NO_BTF_FIELD", "missing"),
    // Registers, memory, constants.
    ("p vfs_read ^%none_reg", "BAD_REG_NAME", "no register"),
    ("p vfs_read ^%rdi", "BAD_REG_NAME", "calls this register %di"),
    ("p vfs_read +8(^%esp)", "BAD_REG_NAME", "calls this register %sp"),
    ("f vfs_read ^%di", "BAD_VAR", "keeps no registers"),
    ("p vfs_read ^@12345678abcde", "BAD_MEM_ADDR", "is no address"),
    ("p vfs_read ^@sym+x", "BAD_MEM_ADDR", "no place in memory"),
    ("p vfs_read ^@+10", "FILE_ON_KPROBE", "@SYMBOL"),
    ("p /bin/sh:10 ^@+ab", "BAD_FILE_OFFS", "no file offset"),
    ("p /bin/sh:10 ^@symbol", "SYM_ON_UPROBE", "@+OFFSET"),
    ("p vfs_read arg1=\\^x", "BAD_IMM", "is no number"),
    ("p vfs_read arg1=\\^", "BAD_IMM", "is no number"),
    ("p vfs_read arg1=\\\"abcd^", "IMMSTR_NO_CLOSE", "not closed"),
    ("p vfs_read ^&1", "BAD_FETCH_ARG", "cannot fetch"),
    ("p vfs_read ^1", "BAD_FETCH_ARG", "cannot fetch"),
    // Dereferences.
    ("p vfs_read ^+0@0)", "DEREF_NEED_BRACE", "in brackets"),
    ("p vfs_read ^+8", "DEREF_NEED_BRACE", "in brackets"),
    ("p vfs_read ^+0ab1(@0)", "BAD_DEREF_OFFS", "is no offset"),
    ("p vfs_read ^+(%di)", "BAD_DEREF_OFFS", "is no offset"),
    ("p vfs_read ^+u(%di)", "BAD_DEREF_OFFS", "is no offset"),
    ("p vfs_read +0(+0(@0^)", "DEREF_OPEN_BRACE", "not closed"),
    ("p vfs_read +0(%di^", "DEREF_OPEN_BRACE", "not closed"),
    ("p vfs_read +0(%di)^)", "BAD_FETCH_ARG", "too many"),
    ("p vfs_read +0(^)", "BAD_FETCH_ARG", "between the brackets"),
    ("p vfs_read +0(^$comm)", "COMM_CANT_DEREF", "no addresses"),
    ("p vfs_read +0(^\\\"a\")", "COMM_CANT_DEREF", "no addresses"),
    ("p vfs_read +0(^+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(+0(@0))))))))))))))", "TOO_MANY_OPS", "more levels"),
    // Types.
    ("p vfs_read @11:^unknown_type", "BAD_TYPE", "\"unknown_type\""),
    ("p vfs_read %di:^int", "BAD_TYPE", "write s32"),
    ("p vfs_read %di:^", "BAD_TYPE", "unknown type"),
    ("uprobe:/bin/sh:main $arg1:^symbol", "BAD_TYPE", "use x64"),
    ("p vfs_read $stack0:^string", "BAD_STRING", "+0($stack0):string"),
    ("p vfs_read $arg2:^string", "BAD_STRING", "+0($arg2):string"),
    ("p vfs_read %di:^ustring", "BAD_STRING", "+0(%di):ustring"),
    ("p vfs_read %di:^u8[4]", "BAD_STRING", "+0(%di):u8[4]"),
    ("p vfs_read +0(@11):u8[10^", "ARRAY_NO_CLOSE", "no closing ]"),
    ("p vfs_read +0(@11):u8[10]^a", "BAD_ARRAY_SUFFIX", "nothing may follow"),
    ("p vfs_read +0(@11):u8[^10a]", "BAD_ARRAY_NUM", "from 1 to 64"),
    ("p vfs_read +0(@11):u8[^0]", "BAD_ARRAY_NUM", "from 1 to 64"),
    ("p vfs_read +0(@11):u8[^256]", "ARRAY_TOO_BIG", "at most 64"),
    ("p vfs_read @11:^b10@a/16", "BAD_BITFIELD", "b4@0/8"),
    ("p vfs_read @11:^b0@0/16", "BAD_BITFIELD", "b4@0/8"),
    ("p vfs_read @11:^b10@8/16", "BAD_BITFIELD", "do not fit"),
    ("p vfs_read @11:^b1@0/12", "BAD_TYPE", "b4@0/8"),
    ("p vfs_read @11:^b4", "BAD_TYPE", "b4@0/8"),
    ("p vfs_read $comm:^u64", "NEED_STRING_TYPE", "leave the type out"),
    ("p vfs_read \\\"a\":^string[2]", "NEED_STRING_TYPE", "leave the type out"),
    // Arguments.
    ("p vfs_read ^arg123456789012345678901234567890=@11", "ARG_NAME_TOO_LONG", "at most 32"),
    ("p vfs_read ^=@11", "NO_ARG_NAME", "before ="),
    ("p vfs_read ^var.1=@11", "BAD_ARG_NAME", "is no name"),
    ("p vfs_read var1=@11 ^var1=@12", "USED_ARG_NAME", "used twice"),
    ("p vfs_read @11 ^arg1=@12", "USED_ARG_NAME", "used twice"),
    ("p vfs_read ^common_pid=%di", "USED_ARG_NAME", "every record"),
    ("kprobe:vfs_read $arg1 ^$arg1", "USED_ARG_NAME", "used twice"),
    (
        "p vfs_read ^+1234567(+1234567(+1234567(+1234567(+1234567(+1234567(@1234))))))", "ARG_TOO_LONG",
        "the kernel takes 63"
    ),
    ("p vfs_read arg1=^", "NO_ARG_BODY", "nothing to fetch"),
]

@Suite struct SyntaxErrorTests {
    @Test func thereAreAtLeastAHundred() {
        #expect(malformed.count >= 100)
        #expect(Set(malformed.map(\.text)).count == malformed.count)
    }

    @Test(arguments: malformed) func isRefused(_ text: String, _ kernelName: String?, _ says: String) throws {
        let bytes = Array(text.utf8)
        let caret = try #require(bytes.firstIndex(of: UInt8(ascii: "^")))
        let probe = String(decoding: bytes[..<caret] + bytes[(caret + 1)...], as: UTF8.self)
        let error = #expect(throws: ProbeSyntaxError.self, "\(probe)") { try ProbeSpec(parsing: probe) }
        guard let error else { return }
        #expect(error.offset == caret, "\(error)")
        #expect(error.kernelName == kernelName, "\(error)")
        #expect(error.message.contains(says), "\(error)")
        #expect(!error.message.contains("\n"))
        #expect(error.text == probe)
    }

    @Test func showsACaretBelowTheText() throws {
        let error = #expect(throws: ProbeSyntaxError.self) { try ProbeSpec(parsing: "p:x vfs_read $retval") }
        #expect(
            error?.description == """
                $retval is known only when a function returns: write r: or kretprobe:
                  p:x vfs_read $retval
                               ^
                """)
    }

    @Test func theCaretCountsCharactersNotBytes() throws {
        let error = #expect(throws: ProbeSyntaxError.self) { try ProbeSpec(parsing: "p /bin/é:10a") }
        #expect(error?.offset == 10)
        #expect(error?.description.hasSuffix("\n  p /bin/é:10a\n           ^") == true)
    }

    @Test func terminalControlsAreNotShown() throws {
        let error = #expect(throws: ProbeSyntaxError.self) { try ProbeSpec(parsing: "p \u{1b}[2J vfs_read") }
        #expect(error?.description.contains("\u{1b}") == false)
    }

    @Test func aProbeHasAtMost128Arguments() throws {
        func probe(_ count: Int) -> String { "p:x f " + (1...count).map { "a\($0)=%di" }.joined(separator: " ") }
        #expect(try ProbeSpec(parsing: probe(128)).arguments.count == 128)
        let error = #expect(throws: ProbeSyntaxError.self) { try ProbeSpec(parsing: probe(129)) }
        #expect(error?.kernelName == "TOO_MANY_ARGS")
        #expect(error?.offset == probe(128).utf8.count + 1)
    }

    @Test func aProbeIsNotLongerThanALineOfTheKernel() throws {
        let error = #expect(throws: ProbeSyntaxError.self) {
            try ProbeSpec(parsing: "p:x /" + String(repeating: "a", count: 4000) + ":0x10")
        }
        #expect(error?.message.contains("at most 3900 bytes") == true)
    }

    /// Bytes at random, and single bytes of good texts replaced: an answer or an error, never a crash, and the caret
    /// within the text.
    @Test func anyBytesGiveAnAnswer() {
        var random = SystemRandomNumberGenerator()
        let alphabet = Array("prfte:/.+-@$%()=\\\"[]bsu0189xkg _é#*\u{301}\u{0}\n".unicodeScalars)
        let good = [
            "p:g/n mod:sym+0x10 a=+0(+8($arg2)):string b=%di:u8[3]", "r16:x vfs_read $retval:s32",
            "uprobe:/bin/sh:main@V1+4 %di:b3@2/8", "usdt:/a:b:c x=+u8($arg1):ustring",
            "p /bin/sh:0x10%return(0x20) @+4",
        ]
        for round in 0..<20_000 {
            var scalars = Array(good[round % good.count].unicodeScalars)
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                scalars[Int.random(in: 0..<scalars.count, using: &random)] =
                    alphabet.randomElement(using: &random) ?? "x"
            }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars)
            do {
                _ = try ProbeSpec(parsing: String(view))
            } catch {
                #expect((0...error.text.utf8.count).contains(error.offset))
                _ = error.description
            }
        }
    }
}
