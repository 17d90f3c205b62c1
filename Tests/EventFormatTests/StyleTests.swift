import Testing

@testable import EventFormat

/// Events that the kernel prints without their print format.
@Suite struct StyleTests {
    private static let symbols = KernelSymbols(
        parsing: """
            0000000000000000 A fixed_percpu_data
            ffffffff81000000 T _stext
            ffffffff81001000 T do_filp_open
            ffffffff81001160 T do_sys_openat2
            ffffffff81001160 T alias_of_it
            ffffffff81002000 t vfs_read
            ffffffff82000000 B _end
            ffffffffc0201000 t first\t[mod]
            ffffffffc0201040 t last\t[mod]
            ffffffffc0300000 t other\t[two]

            """)

    @Test func systemCalls() {
        var event = SampleEvent().with("int __syscall_nr", Int32(257)).with("int dfd", UInt64(0xffff_ff9c)).with(
            "const char * filename", UInt64(0x7ffd_0000_0010)
        )
        .with("umode_t mode", UInt64(9)).with("int flags", UInt64(10))
        event.system = "syscalls"
        event.name = "sys_enter_openat"
        event.printFormat =
            "\"dfd: 0x%08lx, filename: 0x%08lx, mode: 0x%08lx, flags: 0x%08lx\", ((unsigned long)(REC->dfd)), "
            + "((unsigned long)(REC->filename)), ((unsigned long)(REC->mode)), ((unsigned long)(REC->flags))"
        #expect(
            event.text(kernel: KernelDescription(release: "6.1.0-56-cloud-amd64"))
                == "sys_openat(dfd: ffffff9c, filename: 7ffd00000010, mode: 9, flags: a)")
        #expect(
            event.text(kernel: KernelDescription(release: "6.17.9"))
                == "sys_openat(dfd: ffffff9c, filename: 7ffd00000010, mode: 9, flags: a)")
        #expect(
            event.text(kernel: KernelDescription(release: "6.18.0-rc1"))
                == "sys_openat(dfd: 0xffffff9c, filename: 0x7ffd00000010, mode: 9, flags: 0xa)")
        #expect(
            event.text(kernel: KernelDescription(release: "7.0"))
                == event.text(kernel: KernelDescription(release: "6.18")))
        #expect(event.catalog().event(id: 77)?.startsWithName == false)

        let exit = SampleEvent(name: "sys_exit_openat", system: "syscalls", printFormat: "\"0x%lx\", REC->ret")
            .with("int __syscall_nr", Int32(257)).with("long ret", Int64(-2))
        #expect(exit.text() == "sys_openat -> 0xfffffffffffffffe")
        let none = SampleEvent(name: "sys_enter_getpid", system: "syscalls").with("int __syscall_nr", Int32(39))
        #expect(none.text() == "sys_getpid()")
    }

    @Test func systemCallsWithTheUsersString() {
        let event = SampleEvent(name: "sys_enter_chdir", system: "syscalls")
            .with("int __syscall_nr", Int32(80)).with("const char * filename", UInt64(0x1000))
            .with("__data_loc char[] __filename_val", dynamic: cString("/tmp"))
            .printing(
                "\"filename: 0x%08lx \\\"%s\\\"\", ((unsigned long)(REC->filename)), __get_str(__filename_val)")
        #expect(event.text(kernel: KernelDescription(release: "6.19")) == "sys_chdir(filename: 0x1000 \"/tmp\")")
    }

    @Test func kernelProbes() {
        let event = SampleEvent(name: "myprobe", system: "kprobes")
            .with("unsigned long __probe_ip", UInt64(0xffff_ffff_8100_1000)).with("s32 dfd", Int32(-100))
            .with("__data_loc char[] path", dynamic: cString("/etc")).with("__data_loc char[] bad", dynamic: [])
            .with("u8 c[2]", bytes: [1, 2])
            .printing(
                "\"(%lx) dfd=%d path=\\\"%s\\\" bad=\\\"%s\\\" c={0x%x,0x%x}\", REC->__probe_ip, REC->dfd, __get_str(path), __get_str(bad), REC->c[0], REC->c[1]"
            )
        #expect(
            event.text(symbols: Self.symbols, includingName: true)
                == "myprobe: (do_filp_open+0x0/0x160) dfd=-100 path=\"/etc\" bad=(fault) c={0x1,0x2}")
        #expect(event.text() == "(0xffffffff81001000) dfd=-100 path=\"/etc\" bad=(fault) c={0x1,0x2}")
    }

    @Test func returnProbes() {
        let event = SampleEvent(name: "myret", system: "kprobes")
            .with("unsigned long __probe_func", UInt64(0xffff_ffff_8100_1000))
            .with("unsigned long __probe_ret_ip", UInt64(0xffff_ffff_8100_120f)).with("u64 ret", UInt64(5))
            .printing("\"(%lx <- %lx) ret=0x%Lx\", REC->__probe_func, REC->__probe_ret_ip, REC->ret")
        #expect(event.text(symbols: Self.symbols) == "(do_sys_openat2+0xaf/0xea0 <- do_filp_open) ret=0x5")
    }

    @Test func userProbes() {
        let event = SampleEvent(name: "u", system: "uprobes").with("unsigned long __probe_ip", UInt64(0x7f2e_6bd1_6150))
            .printing("\"(%lx)\", REC->__probe_ip")
        #expect(event.text(symbols: Self.symbols) == "(0x7f2e6bd16150)")
        let back = SampleEvent(name: "u", system: "uprobes").with("unsigned long __probe_func", UInt64(0x1000))
            .with("unsigned long __probe_ret_ip", UInt64(0x2000))
            .printing("\"(%lx <- %lx)\", REC->__probe_func, REC->__probe_ret_ip")
        #expect(back.text(symbols: Self.symbols) == "(0x2000 <- 0x1000)")
    }

    @Test func arraysOfStringsInProbes() {
        var event = SampleEvent(name: "s", system: "uprobes").with("unsigned long __probe_ip", UInt64(0x1000))
        // Two location words, then the data of the first.
        let data = cString("one")
        event.fields.append(
            SampleEvent.Field(declaration: "u64 words", size: 8, isSigned: false, bytes: [24, 0, 4, 0, 0, 0, 0, 0]))
        event.tail = data
        let text = event.printing(
            "\"(%lx) a={\\\"%s\\\",\\\"%s\\\"}\", REC->__probe_ip, __get_str(a[0]), __get_str(a[1])")
        let format = text.format.replacing("u64 words", with: "__data_loc char[][2] a")
        let catalog = EventCatalog(formats: [("uprobes", format)])
        #expect(catalog.uncompiled.isEmpty)
        var out = TextBuffer()
        event.record.withUnsafeBytes { _ = catalog.render($0, includingName: false, into: &out) }
        #expect(out.string == "(0x1000) a={\"one\",(fault)}")
        out.removeAll()
        event.record.withUnsafeBytes { _ = catalog.renderFieldsJSON($0, into: &out) }
        #expect(out.string == #"{"__probe_ip":4096,"a":["one",null]}"#)
    }

    @Test func eventProbes() {
        let event = SampleEvent(name: "wake", system: "ep").with("u32 p", UInt32(15))
            .with("__data_loc char[] c", dynamic: cString("rcu"))
            .printing("\" p=%u c=\\\"%s\\\"\", REC->p, __get_str(c)")
        #expect(
            event.text(
                kernel: KernelDescription(dynamicEvents: "p:ep/other f\ne:ep/wake sched.sched_wakeup p=$pid:u32\n"))
                == "(sched.sched_wakeup) p=15 c=\"rcu\"")
        // Without the definition the event's name is unknown.
        #expect(event.text() == " p=15 c=\"rcu\"")
    }

    @Test func pageAddresses() {
        let event = SampleEvent(name: "page", system: "kmem").with("unsigned long pfn", UInt64(3)).printing(
            "\"%p %p\", REC->pfn != -1UL ? (((struct page *)vmemmap_base) + (REC->pfn)) : ((void *)0), (((struct page *)vmemmap_base) + (REC->pfn))"
        )
        #expect(event.text(symbols: Self.symbols) == "ffffea00000000c0 ffffea00000000c0")
        // The base is moved by KASLR, or unknown.
        let moved = KernelSymbols(parsing: "ffffffff9a000000 T _stext\n")
        #expect(event.text(symbols: moved) == "(____ptrval____) (____ptrval____)")
        #expect(event.text() == "(____ptrval____) (____ptrval____)")
        #expect(event.catalog().assumed.count == 1)
    }

    @Test func syntheticEvents() {
        let event = SampleEvent(name: "wake", system: "synthetic")
            .with("u64 lat", UInt64(12)).with("s8 prio", Int8(-1)).with("pid_t pid", Int32(-3))
            .with("__data_loc char[] comm", dynamic: cString("sh"))
            .with("__data_loc unsigned long[] stack", dynamic: littleEndian([0xffff_ffff_8100_2001, 0, 7] as [UInt64]))
            .printing(
                "\"lat=%llu, prio=%d, pid=%d, comm=%.*s, stack=%s\", REC->lat, REC->prio, REC->pid, __get_str(comm), __get_stacktrace(stack)"
            )
        #expect(
            event.text(symbols: Self.symbols, includingName: true)
                == "wake: lat=12 prio=255 pid=-3 comm=sh stack=STACK:\n=> vfs_read+0x1/0xffe000")
    }

    @Test func fieldsOfUserEvents() {
        let event = SampleEvent(name: "mine", system: "user_events")
            .with("u32 a", UInt32(10)).with("char b[4]", bytes: cString("xy", size: 4))
            .with("__rel_loc char[] c", dynamic: cString("rel"), isRelative: true).with("s64 d", Int64(-1))
            .printing("\"a=%u\", REC->a")
        #expect(event.text(includingName: true) == "mine: a=0xa (10) b=xy c=rel d=0xffffffffffffffff (-1)")
    }

    @Test func symbolConversions() {
        let event = SampleEvent().with("void * f", UInt64(0xffff_ffff_8100_1168)).with(
            "void * m", UInt64(0xffff_ffff_c020_1042)
        )
        .with("void * u", UInt64(0x2)).with("void * e", UInt64(0xffff_ffff_8100_1160))
        #expect(
            event.printing("\"%pS %ps %pS %ps %pS %pB\", REC->f, REC->f, REC->m, REC->m, REC->u, REC->e").text(
                symbols: Self.symbols)
                == "do_sys_openat2+0x8/0xea0 do_sys_openat2 last+0x2/0xfc0 [mod] last [mod] 0x2 do_filp_open+0x160/0x160"
        )
        #expect(event.printing("\"%pS\", REC->f").text() == "0xffffffff81001168")
        #expect(Self.symbols.name(at: 0xffff_ffff_c030_2000) == nil)
        #expect(Self.symbols.name(at: 0xffff_ffff_8300_0000) == nil)
    }
}
