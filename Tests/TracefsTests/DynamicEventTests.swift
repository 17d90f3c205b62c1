import Glibc
import TestSupport
import Testing
import TextPatterns

@testable import Tracefs

@Suite("Dynamic events: the kernel's lists as text")
struct DynamicEventTextTests {
    @Test(
        "Lines of dynamic_events",
        arguments: [
            ("p:kprobes/open do_filp_open dfd=%di:s32", "kprobes:open", DynamicEvent.Kind.kprobe, "do_filp_open"),
            ("r:g/ret vfs_read ret=$retval", "g:ret", .kretprobe, "vfs_read"),
            ("r64:g/ret vfs_read", "g:ret", .kretprobe, "vfs_read"),
            (
                "p:g/m /usr/lib/libc.so.6:0x0000000000098930 size=%di", "g:m", .uprobe,
                "/usr/lib/libc.so.6:0x0000000000098930"
            ),
            ("r:g/m /bin/bash:0x00000000000000f0", "g:m", .uretprobe, "/bin/bash:0x00000000000000f0"),
            ("f:g/f vfs_read%return", "g:f", .fprobe, "vfs_read%return"),
            ("t:g/t sched_switch", "g:t", .tracepoint, "sched_switch"),
            ("e:g/e sched.sched_switch prev=$prev_pid", "g:e", .eprobe, "sched.sched_switch"),
            ("s:synthetic/wakeup\tu64 lat; pid_t pid", "synthetic:wakeup", .synthetic, ""),
            ("s:wakeup\tu64 lat", "synthetic:wakeup", .synthetic, ""),
        ])
    func line(_ text: String, _ name: String, _ kind: DynamicEvent.Kind, _ location: String) throws {
        let event = try #require(DynamicEvent(line: text))
        #expect(event.event.description == name && event.kind == kind && event.location == location)
        #expect(event.definition == text)
    }

    @Test(
        "Lines that name no event", arguments: ["", "p", "p:", "p:a", "p:a/b/c x", "x:a/b c", "nonsense", "p:../x y"])
    func noLine(_ text: String) {
        #expect(DynamicEvent(line: text) == nil)
    }

    @Test("Profiles are assigned to probes by the order of the list")
    func profile() throws {
        let list = "p:a/open do_filp_open\nr:b/open do_filp_open\n"
        let pairs = try #require(
            DynamicEvents.pair(
                list: list,
                profile:
                    "  open                        12               3\n  open                        4               0\n",
                hasMisses: true))
        #expect(pairs.map(\.0.description) == ["a:open", "b:open"])
        #expect(pairs.map(\.1) == [ProbeHits(hits: 12, misses: 3), ProbeHits(hits: 4, misses: 0)])
        let uprobes = try #require(
            DynamicEvents.pair(
                list: "p:a/m /a b/c:0x0000000000000010\n", profile: "  /a b/c m      7\n", hasMisses: false))
        #expect(uprobes.map(\.1) == [ProbeHits(hits: 7, misses: 0)])
        #expect(DynamicEvents.pair(list: list, profile: "  open 1 2\n", hasMisses: true) == nil, "one line is missing")
        #expect(DynamicEvents.pair(list: list, profile: "  open 1 2\n  shut 1 2\n", hasMisses: true) == nil)
    }

    @Test("How kprobes are planted, as Linux 6.1 and 6.18 print it")
    func planted() throws {
        let list = """
            ffffffff8136c0d0  k  do_filp_open+0x0    [FTRACE]
            ffffffff8136c0e4  k  do_filp_open+0x14    [OPTIMIZED]
            ffffffff8136c0f0  k  do_filp_open+0x20    [DISABLED]
            ffffffffc0123450  r  ext4_sync_file+0x0  ext4 [FTRACE]
            ffffffff81000000  k  ffffffff81000000
            ffffffff81200004  k  vfs_write+0x4    [FTRACE]
            ffffffffc0200000  k  start_xmit+0x0  virtio_net [GONE]
            """
        let state = KprobeState(list: list, isEnabled: true)
        func planting(_ location: String) throws -> KprobeState.Planting? {
            state.planting(at: try #require(KprobeLocation(location)))
        }
        #expect(try planting("do_filp_open") == .ftrace)
        #expect(try planting("do_filp_open+20") == .optimized)
        #expect(try planting("do_filp_open+0x20") == .breakpoint)
        #expect(try planting("ext4:ext4_sync_file%return") == .ftrace)
        #expect(try planting("0xffffffff8136c0e4") == .optimized)
        #expect(try planting("0xffffffff81000000") == .breakpoint)
        // After the landing pad of an entry (CONFIG_X86_KERNEL_IBT).
        #expect(try planting("vfs_write") == .ftrace)
        #expect(try planting("0xffffffff81200000") == .ftrace)
        #expect(try planting("0xffffffff81200001") == nil)
        #expect(try planting("vfs_read") == nil)
        #expect(try planting("0xffffffff81234567") == nil)
        // Its module is unloaded.
        #expect(try planting("virtio_net:start_xmit") == nil)
    }

    @Test("Locations of uprobes, as they are written and as the kernel lists them")
    func uprobeLocation() throws {
        let location = try #require(UprobeLocation("/usr/bin/a b:c:0x0000000000001040(0x20)"))
        #expect(location.path == "/usr/bin/a b:c" && location.offset == 0x1040 && location.referenceCounter == 0x20)
        #expect(UprobeLocation("/bin/x:16%return") == UprobeLocation("/bin/x:0x10"))
        for text in ["", "/bin/x", "/bin/x:", "/bin/x:0xz", "/bin/x:1(2", "vfs_read", "0x10"] {
            #expect(UprobeLocation(text) == nil, "\(text)")
        }
    }

    @Test("Malformed locations of kprobes", arguments: ["/bin/bash:0x10", "", "+4", "a+x", "0xzz", "m:"])
    func noPlace(_ text: String) {
        #expect(KprobeLocation(text) == nil)
    }

    @Test("The blacklist by name and by address")
    func blacklist() throws {
        let list = KprobeBlacklist(text: "0xffffffff81001000-0xffffffff81001080\tnotifier_call\nrubbish\n0x2-0x1\tx\n")
        #expect(list.contains(try #require(KprobeLocation("notifier_call+4"))))
        #expect(list.contains(try #require(KprobeLocation("0xffffffff8100107f"))))
        #expect(!list.contains(try #require(KprobeLocation("0xffffffff81001080"))))
        #expect(!list.contains(try #require(KprobeLocation("x"))))
    }

    @Test("Why a function cannot be probed")
    func functions() {
        let symbols = """
            ffffffff81000000 T do_filp_open
            ffffffff81000010 t helper.isra.0
            ffffffff81000020 t twice
            ffffffff81000030 t twice
            ffffffff81000040 t quiet
            ffffffff82000000 D system_state
            ffffffff82000000 T _sdata
            ffffffff82007a00 T jiffies
            ffffffff8255da80 T _edata
            ffffffff83000000 T start_kernel
            ffffffffc0000000 t ext4_sync_file\t[ext4]
            """
        let traceable = TraceableFunctions(text: Array("do_filp_open\ntwice\next4_sync_file [ext4]\n".utf8))
        let functions = FunctionTable(kallsyms: Array(symbols.utf8), traceable: traceable)
        #expect(functions.nearMatches(for: "do_flip_open") == ["do_filp_open"])
        #expect(functions.count("twice") == 2 && functions.count("ext4_sync_file") == 1 && functions.count("nope") == 0)
        #expect(functions.copies(of: "helper") == ["helper.isra.0"] && functions.copies(of: "help").isEmpty)
        #expect(functions.nearMatches(for: "twicee") == ["twice"] && functions.count("do_filp") == 0)
        #expect(functions.isData("system_state") && functions.isData("jiffies") && functions.count("start_kernel") == 1)
        #expect(functions.count("jiffies") == 0 && !functions.isData("twice"))
        #expect(functions.isNotrace("quiet") == true && functions.isNotrace("twice") == false)
        #expect(FunctionTable(kallsyms: Array("0 T f".utf8), traceable: nil).isNotrace("f") == nil)
    }

    @Test("An entry of a shared error log is found by its command")
    func sharedLog() {
        let log = """
            [  748.999223] trace_kprobe: error: Invalid argument name
              Command: p:g1/a f 1=%di
                                ^
            [  749.000000] trace_uprobe: error: Invalid register name
              Command: p:g2/a /bin/sh:0x10 a=%foo
                                             ^
            """
        #expect(ErrorLogEntry.last(in: log, about: "p:g1/a  f 1=%di")?.message == "Invalid argument name")
        #expect(ErrorLogEntry.last(in: log, about: "p:g1/a  f 1=%di")?.caret == 9)
        #expect(ErrorLogEntry.last(in: log, about: "p:g3/a f") == nil)
        #expect(ErrorLogEntry.last(in: log)?.message == "Invalid register name")
    }
}

@Suite("Dynamic events on the kernel", .serialized, .needsTracefs, .enabled(if: UserProbe.isAvailable, "no uprobes"))
struct DynamicEventTests {
    @Test("A uprobe is added, counted, refused with the kernel's caret, and removed; those of others stay")
    func uprobe() throws {
        let events = DynamicEvents(try RealTracefs.root.get())
        let (mine, theirs) = (UserProbe.group("mine"), UserProbe.group("theirs"))
        defer { UserProbe.removeAll(events, groups: [mine, theirs]) }
        try events.add(UserProbe.line(group: theirs, name: "getppid"))
        try events.add(UserProbe.line(group: mine, name: "getppid"))
        let listed = try events.list().filter { $0.event.system == mine }
        #expect(listed.map(\.event.name) == ["getppid"] && listed.first?.kind == .uprobe)

        try RealTracefs.withInstance("uprobe") { root, instance in
            let event = try #require(EventName(system: mine, name: "getppid"))
            try instance.enable([event])
            try instance.setTracing(true)
            callGetppid(times: 5)
            try instance.setTracing(false)
            #expect(try events.hits()[event]?.hits ?? 0 >= 5)
            let other = try #require(EventName(system: theirs, name: "getppid"))
            #expect(try events.hits()[other] == ProbeHits())
            // The kernel does not remove an enabled event.
            #expect(throws: TracefsError.self) { try events.remove(event) }
        }
        do throws(TracefsError) {
            try events.add(UserProbe.line(group: mine, name: "bad", arguments: "x=%nosuch"))
            Issue.record("the kernel took a register that there is not")
        } catch {
            guard case .rejected(let rejection) = error else { throw error }
            #expect(rejection.log?.message == "Invalid register name")
            #expect(rejection.log?.caret == rejection.text.utf8.count - "%nosuch".utf8.count)
        }
        for event in try events.list() where event.event.system == mine { try events.remove(event.event) }
        #expect(try events.list().filter { $0.event.system == mine }.isEmpty)
        #expect(try events.list().filter { $0.event.system == theirs }.count == 1, "another's probe went too")
        try events.remove(try #require(EventName(system: mine, name: "getppid")))
    }

    @Test("A text that is not one command is not written", arguments: ["", "p:a/b /x:1\np:a/c /x:2", "p:a/b \0"])
    func notWritten(_ line: String) throws {
        let events = DynamicEvents(try RealTracefs.root.get())
        #expect(throws: TracefsError.self) { try events.add(line) }
    }
}

/// A function of this process's C library, for probes.
enum UserProbe {
    static var isAvailable: Bool {
        guard case .success(let root) = RealTracefs.root else { return false }
        return access(root.path + "/uprobe_events", F_OK) == 0 && location != nil
    }

    /// `PATH:OFFSET` of getppid.
    static let location: String? = {
        guard let address = dlsym(UnsafeMutableRawPointer(bitPattern: 0), "getppid") else { return nil }
        let target = UInt64(UInt(bitPattern: address))
        for line in ((try? ControlFile.text("/proc/self/maps")) ?? "").split(separator: "\n") {
            let words = line.split(separator: " ")
            let ends = words[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
            guard words.count == 6, words[5].hasPrefix("/"), ends.count == 2, (ends[0]..<ends[1]).contains(target),
                let offset = UInt64(words[2], radix: 16)
            else { continue }
            return "\(words[5]):0x" + String(target - ends[0] + offset, radix: 16)
        }
        return nil
    }()

    static func group(_ purpose: String) -> String { "ftptest_\(purpose)_\(getpid())" }

    static func line(group: String, name: String, arguments: String = "") -> String {
        "p:\(group)/\(name) \(location ?? "")" + (arguments.isEmpty ? "" : " " + arguments)
    }

    static func removeAll(_ events: DynamicEvents, groups: [String]) {
        for event in (try? events.list()) ?? [] where groups.contains(event.event.system) {
            try? events.remove(event.event)
        }
    }
}
