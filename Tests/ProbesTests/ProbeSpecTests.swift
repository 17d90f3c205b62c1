import Probes
import Testing

/// A kernel with all features.
let fullKernel = ProbeContext(
    architecture: .x86_64,
    readme: """
          kprobe_events - uprobe_events - place (fprobe): t[:[<group>/] e[:[<group>/] (ref_ctr_offset)
          $arg<N>
          kernel return probes support: $retval, $arg<N>, $comm
        """)

@Suite struct ProbeSpecTests {
    @Test("One of several functions of a name: the node says where it is, and the kernel never sees the number")
    func numbered() throws {
        let spec = try ProbeSpec(parsing: "kretprobe:s_next#2 ret=$retval")
        #expect(spec.numberedFunction?.name == "s_next" && spec.numberedFunction?.number == 2)
        #expect(spec.eventName == "s_next_2__return")
        #expect(throws: ProbeResolutionError.self) { try spec.definitions(group: "g", in: fullKernel) }
        let located = spec.located(from: "_stext", start: 0x1230)
        #expect(
            try located.definitions(group: "g", in: fullKernel).map(\.line)
                == ["r:g/s_next_2__return _stext+0x1230 ret=$retval"])
        let inside = try ProbeSpec(parsing: "x=kprobe:s_next#1+0x10").located(from: "_stext", start: 0x20)
        #expect(try inside.definitions(group: "g", in: fullKernel).map(\.line) == ["p:g/x _stext+0x30"])
    }

    @Test(
        "What is no number of a function",
        arguments: [
            "kprobe:s_next#0", "kprobe:s_next#", "kprobe:s_next#2x", "kprobe:s_next#12345", "kprobe:#2",
            "kprobe:m:s_next#2",
            "kprobe:s_next#1#2", "p:x s_next#2", "p s_next#2", "uprobe:/bin/sh:main#2", "kprobe:s_next a=%ax#2",
            "p:kprobe: s_next#2",
        ])
    func noNumbers(text: String) {
        #expect(throws: ProbeSyntaxError.self) { try ProbeSpec(parsing: text) }
    }

    /// Probe texts and their definitions.
    @Test(arguments: [
        (
            "p:myprobe do_filp_open dfd=%di:s32 pathname=+0(+0(%si)):string",
            "p:g/myprobe do_filp_open dfd=%di:s32 pathname=+0(+0(%si)):string"
        ),
        ("p do_filp_open", "p:g/do_filp_open do_filp_open"),
        ("p:mine/open do_filp_open+0x10", "p:g/open do_filp_open+0x10"),
        ("p:mine/ do_filp_open", "p:g/do_filp_open do_filp_open"),
        ("p:mine.open do_filp_open", "p:g/open do_filp_open"),
        ("p ext4:ext4_file_open", "p:g/ext4_file_open ext4:ext4_file_open"),
        ("p:0xffffffff81234567", "p:g/abs_ffffffff81234567 0xffffffff81234567"),
        ("p:x 0xffffffff81234567 %ax", "p:g/x 0xffffffff81234567 %ax"),
        ("r16:x vfs_read $retval:s64 $arg1", "r16:g/x vfs_read $retval:s64 $arg1"),
        ("r vfs_read", "r:g/vfs_read__return vfs_read"),
        ("p vfs_read%return ret=$retval", "p:g/vfs_read__return vfs_read%return ret=$retval"),
        ("f:x vfs_read $arg*", "f:g/x vfs_read $arg*"),
        (
            "f vfs_read file->f_path.dentry->d_name.name:string",
            "f:g/vfs_read vfs_read file->f_path.dentry->d_name.name:string"
        ),
        ("f8:x vfs_read%return $retval", "f8:g/x vfs_read%return $retval"),
        ("f vfs_read $retval", "f:g/vfs_read__return vfs_read $retval"),
        ("t sched_switch preempt", "t:g/sched_switch sched_switch preempt"),
        (
            "e:x sched.sched_switch next=$next_pid:s32 if next_pid > 0",
            "e:g/x sched.sched_switch next=$next_pid:s32 if next_pid > 0"
        ),
        (
            "e syscalls/sys_enter_openat file=+0($filename):ustring",
            "e:g/sys_enter_openat syscalls/sys_enter_openat file=+0($filename):ustring"
        ),
        ("kprobe:do_filp_open path=+0(+0($arg2)):string", "p:g/do_filp_open do_filp_open path=+0(+0($arg2)):string"),
        ("kprobe:do_filp_open+16", "p:g/do_filp_open_0x10 do_filp_open+16"),
        ("kprobe:ext4:ext4_file_open $arg2 $comm", "p:g/ext4_file_open ext4:ext4_file_open arg2=$arg2 comm=$comm"),
        ("open=kprobe:do_filp_open", "p:g/open do_filp_open"),
        ("kretprobe:vfs_read $retval", "r:g/vfs_read__return vfs_read retval=$retval"),
        ("kprobe:tcp_v4_rcv.isra.0", "p:g/tcp_v4_rcv_isra_0 tcp_v4_rcv.isra.0"),
        ("  kprobe:f \t%di   b=%si ", "p:g/f f %di b=%si"),
        (
            "p f @jiffies @jiffies-8:u32 @0xffffffff81000000 \\5 \\-1 \\\"text\"",
            "p:g/f f @jiffies @jiffies-8:u32 @0xffffffff81000000 \\5 \\-1 \\\"text\""
        ),
        (
            "p f +u0(%di):ustring +0(%si):u8[16] %dx:b4@0/8 $arg1:%pd",
            "p:g/f f +u0(%di):ustring +0(%si):u8[16] %dx:b4@0/8 $arg1:%pd"
        ),
    ])
    func isWrittenAs(_ text: String, _ line: String) throws {
        let definitions = try ProbeSpec(parsing: text).definitions(group: "g", in: fullKernel)
        #expect(definitions.map(\.line) == [line])
        let head = line.prefix { $0 != " " }
        #expect(definitions.first?.removalLine == "-:" + head.drop { $0 != ":" }.dropFirst())
    }

    /// Parts that only a kernel can check are passed on unchanged. Its error log reports what is wrong.
    @Test(arguments: [
        "p non_exist_func", "p no_module:vfs_read", "p vfs_read+3", "r some_label",  // BAD_PROBE_ADDR, BAD_INSN_BNDRY …
        "p twice_defined", "p vfs_read+0x100000",  // NON_UNIQ_SYMBOL, FAIL_REG_PROBE
        "f vfs_read hoge", "f kfree $arg10", "f vfs_read file->foo",  // NO_BTFARG, NO_BTF_FIELD
        "f kfree%return $retval", "f vfs_read%return $retval->foo",  // NO_RETVAL, NO_PTR_STRCT
        "f vfs_read file:string",  // BAD_TYPE4STR
        "t no_such_tracepoint", "e no.event", "e sched.sched_switch $no_field",  // NO_TRACEPOINT, BAD_ATTACH_…
        "p vfs_read @no_such_symbol", "p vfs_read a=%di:u8 b=+0(%si):symstr",  // BAD_SYMSTRING
    ])
    func isLeftToTheKernel(_ text: String) throws {
        let line = try #require(try ProbeSpec(parsing: text).definitions(group: "g", in: fullKernel).first?.line)
        #expect(line.split(separator: " ").dropFirst() == text.split(separator: " ").dropFirst())
    }

    @Test func longNamesAreCut() throws {
        let symbol = "_ZN" + String(repeating: "a", count: 100)
        #expect(try ProbeSpec(parsing: "uprobe:/bin/x:\(symbol)").eventName == String(symbol.prefix(63)))
        let name = try ProbeSpec(parsing: "uretprobe:/bin/x:\(symbol)").eventName
        #expect(name.utf8.count == 63 && name.hasSuffix("__return"))
    }

    @Test(arguments: [
        ("uprobe:/usr/bin/bash:0x1234", "bash_0x1234"),
        ("p /usr/lib/libc.so.6:0x1234", "libc_0x1234"),
        ("uprobe:/lib/libc.so.6:memcpy@GLIBC_2.14", "memcpy"),
        ("uretprobe:/lib/libc.so.6:malloc", "malloc__return"),
        ("usdt:/bin/app:prov:query-start", "query_start"),
        ("uprobe:/bin/go:main.(*T).Run", "main___T__Run"),
        ("uprobe:/bin/a:b:c", "c"),
    ])
    func standardName(_ text: String, _ name: String) throws {
        #expect(try ProbeSpec(parsing: text).eventName == name)
    }

    @Test func answersToItsNames() throws {
        let open = try ProbeSpec(parsing: "kprobe:do_filp_open path=+0(+0($arg2)):string")
        for name in ["kprobe:do_filp_open", "do_filp_open", "probe:do_filp_open", "do_filp_*", "probe:do_*"] {
            #expect(open.answers(to: name), "\(name)")
        }
        for name in ["kretprobe:do_filp_open", "do_filp", "sched:do_filp_open", "vfs_*"] {
            #expect(!open.answers(to: name), "\(name)")
        }
        let mine = try ProbeSpec(parsing: "p:mine/open do_filp_open+4")
        #expect(mine.answers(to: "mine:open") && mine.answers(to: "open"))
        #expect(mine.answers(to: "kprobe:do_filp_open+0x4"))
        #expect(!mine.answers(to: "probe:open"))
        let marker = try ProbeSpec(parsing: "usdt:/bin/app:prov:query")
        #expect(marker.answers(to: "usdt:/bin/app:prov:query") && marker.answers(to: "prov:query"))
        #expect(marker.answers(to: "usdt:prov:query"))
        let user = try ProbeSpec(parsing: "uretprobe:/lib/libc.so.6:malloc")
        #expect(user.answers(to: "uretprobe:malloc") && user.answers(to: "malloc"))
        #expect(!user.answers(to: "uprobe:malloc"))
        let inside = try ProbeSpec(parsing: "uprobe:/lib/libc.so.6:malloc+4")
        #expect(inside.answers(to: "uprobe:malloc+0x4") && inside.answers(to: "malloc"))
    }

    @Test func saysWhatTheKernelIsBuiltWithout() throws {
        let bare = ProbeContext(architecture: .x86_64, readme: "uprobe_events")
        for (text, missing) in [
            ("kprobe:f", "no kprobes in this kernel"), ("r f", "no kprobes"), ("f f", "no fprobes"),
            ("t sched_switch", "no tracepoint probes"), ("e a.b", "no event probes"),
        ] {
            let error = #expect(throws: ProbeResolutionError.self) {
                try ProbeSpec(parsing: text).definitions(group: "g", in: bare)
            }
            #expect(error?.message.contains(missing) == true)
        }
    }

    @Test func argumentsAreTranslatedWhereTheKernelDoesNotKnowThem() throws {
        var old = fullKernel
        old.hasKernelArguments = false
        let spec = try ProbeSpec(parsing: "kprobe:f a=$arg1 b=+0(+8($arg2)):string c=$arg6 d=$arg7 e=$arg8")
        #expect(
            try spec.definitions(group: "g", in: old).map(\.line) == [
                "p:g/f f a=%di b=+0(+8(%si)):string c=%r9 d=$stack1 e=$stack2"
            ])
        old.architecture = .arm64
        #expect(
            try ProbeSpec(parsing: "kprobe:f a=$arg1 b=$arg8 c=$arg9").definitions(group: "g", in: old).map(\.line) == [
                "p:g/f f a=%x0 b=%x7 c=$stack0"
            ])
    }

    @Test func argumentsAtTheReturnNeedAKernelThatKeepsThem() throws {
        var old = fullKernel
        old.hasReturnArguments = false
        let error = #expect(throws: ProbeResolutionError.self) {
            try ProbeSpec(parsing: "kretprobe:f a=$arg1").definitions(group: "g", in: old)
        }
        #expect(error?.offset == 14)
        #expect(error?.message.contains("Linux 6.9") == true)
    }

    @Test func registersAreThoseOfTheNode() throws {
        var arm = fullKernel
        arm.architecture = .arm64
        let error = #expect(throws: ProbeResolutionError.self) {
            try ProbeSpec(parsing: "p f a=+0(%di)").definitions(group: "g", in: arm)
        }
        #expect(error?.description == "arm64 has no register %di\n  p f a=+0(%di)\n           ^")
    }
}
