import Foundation
import Probes
import Testing
import TextPatterns
import TraceProtocol

@testable import AgentCore
@testable import Tracefs

/// Probes and policies: one place has many spellings, and none of them gets around a rule.
@Suite("Policies about probes")
struct ProbeJudgeTests {
    private static let kallsyms = """
        ffffffff81000000 T _stext
        ffffffff81000100 T vfs_read
        ffffffff81000200 T secret
        ffffffff81000200 t secret_alias
        ffffffff81000280 t secret.cold
        ffffffff81000300 T last
        ffffffff82000000 D datum
        ffffffffc0000000 t nft_do_chain\t[nf_tables]
        ffffffffc0000100 t nft_end\t[nf_tables]
        """

    /// The refusal of a probe by its text, and by what would be written to a kernel that has every kind of probe.
    private static func refusal(
        _ text: String, _ rules: String..., kallsyms: String = ProbeJudgeTests.kallsyms
    ) throws -> String? {
        let policy = try Policy(parsing: rules.joined(separator: "\n"), file: "/etc/p")
        let judge = ProbeJudge(
            policy, addresses: { FunctionAddresses(kallsyms: Array(kallsyms.utf8)) },
            events: { ["sched:sched_switch", "irq:irq_entry"].compactMap { EventName($0) } })
        let spec = try ProbeSpec(parsing: text)
        #if arch(arm64)
            let architecture = ProbeArchitecture.arm64
        #else
            let architecture = ProbeArchitecture.x86_64
        #endif
        let context = ProbeContext(
            architecture: architecture,
            readme: "kprobe_events uprobe_events $arg<N> ref_ctr_offset place (fprobe) t[:[<group>/] e[:[<group>/]")
        do throws(WireRefusal) {
            try judge.judge(spec)
        } catch {
            #expect(error.code == .policy)
            return error.text
        }
        let definitions = try spec.definitions(group: "g", in: context)
        do throws(WireRefusal) {
            try judge.judge(spec, at: definitions)
            return nil
        } catch {
            #expect(error.code == .policy)
            return error.text
        }
    }

    @Test(
        "A function of the kernel, however it is written",
        arguments: [
            "kprobe:secret", "p:x secret", "p:harmless/vfs_read secret", "p:x secret+0x10", "p:x secret+16",
            "kprobe:secret+020", "p:x 0xffffffff81000200", "p:0xFFFFFFFF81000210",
            "p:x \(0xffff_ffff_8100_0200 as UInt64)",
            "p:x vfs_read+0x100", "p:x _stext+0x2ff", "p:x vmlinux:secret", "kprobe:secret_alias", "p:x secret.cold",
            "r:x secret", "r16:x secret", "p:x secret%return", "kretprobe:secret", "f:x secret", "f:x secret%return",
        ])
    func kernelSpellings(_ text: String) throws {
        let refusal = try Self.refusal(text, "allow probe *", "deny probe kprobe:secret")
        #expect(refusal == "refused by policy: /etc/p line 2: deny probe kprobe:secret", "\(text)")
    }

    @Test(
        "What a rule does not name is left alone",
        arguments: ["kprobe:vfs_read", "p:x vfs_read+0xff", "kprobe:last", "p:secret vfs_read", "kprobe:nosuch"])
    func kernelOthers(_ text: String) throws {
        #expect(try Self.refusal(text, "deny probe kprobe:secret", "deny probe uprobe:*", "deny probe eprobe:*") == nil)
    }

    @Test("Functions of modules, by either name")
    func modules() throws {
        for text in [
            "kprobe:nft_do_chain", "p:x nf_tables:nft_do_chain", "p:x nf-tables:nft_do_chain+8",
            "p:x 0xffffffffc0000008",
        ] {
            #expect(try Self.refusal(text, "deny probe kprobe:nf_tables:*") != nil, "\(text)")
            #expect(try Self.refusal(text, "deny probe kprobe:nft_do*") != nil, "\(text)")
        }
        #expect(try Self.refusal("kprobe:vfs_read", "deny probe kprobe:nf_tables:*") == nil)
    }

    @Test("Allowing: of that kind, and where it really is")
    func allowing() throws {
        for text in ["kprobe:vfs_read", "p:x vfs_read+4", "p:x 0xffffffff81000104", "p:x _stext+0x104"] {
            #expect(try Self.refusal(text, "allow probe kprobe:vfs_*") == nil, "\(text)")
        }
        for text in [
            "p:x vfs_read+0x100", "kretprobe:vfs_read", "kprobe:secret", "p:x 0xffffffff81000200", "f:x vfs_read",
            "uprobe:/usr/bin/bash:parse_and_execute", "e:x sched.sched_switch", "p:x nosuch+4",
        ] {
            #expect(
                try Self.refusal(text, "allow probe kprobe:vfs_*")?.contains("/etc/p: no rule allows probe ") == true,
                "\(text)")
        }
    }

    @Test("Where the kernel hides its addresses, no probe of it can be judged")
    func hidden() throws {
        let hidden = "0000000000000000 T vfs_read\n0000000000000000 T secret\n"
        let refusal = try Self.refusal("kprobe:vfs_read", "deny probe kprobe:secret", kallsyms: hidden)
        #expect(refusal?.contains("kptr_restrict") == true)
        #expect(try Self.refusal("kprobe:vfs_read", "deny event x", kallsyms: hidden) == nil)
    }

    @Test("A probe of an event is a use of it")
    func events() throws {
        for text in ["e:x sched.sched_switch", "e:x sched/sched_switch pid=$prev_pid", "t:x sched_switch"] {
            #expect(
                try Self.refusal(text, "deny event sched:*")
                    == "event sched:sched_switch: refused by policy: /etc/p line 1: deny event sched:*")
        }
        #expect(try Self.refusal("t:x irq_entry", "deny event sched:*") == nil)
        #expect(try Self.refusal("t:x irq_entry", "deny probe tracepoint:irq_*") != nil)
        #expect(try Self.refusal("e:x irq.irq_entry", "deny probe eprobe:irq:*") != nil)
    }

    /// What a program of this machine prints.
    private static func run(_ words: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "\(words)")
        return text
    }

    /// A folder for what a test makes.
    private static func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "/fleetrace-judge-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(URL(fileURLWithPath: folder).resolvingSymlinksInPath().path)
    }

    /// The machine's C library, by its path without links, and one of its functions.
    private struct Library {
        let path: String
        let offset: UInt64

        init() throws {
            path = try #require(
                ["/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/aarch64-linux-gnu/libc.so.6"].first {
                    FileManager.default.fileExists(atPath: $0)
                })
            // By the compiler's tools, not by ours.
            let text = try ProbeJudgeTests.run("nm", "-D", path)
            let line = try #require(text.split(separator: "\n").first { $0.contains(" write@@") })
            // Addresses of code are offsets in this library.
            offset = try #require(UInt64(line.prefix { $0 != " " }, radix: 16))
        }

        var hex: String { "0x" + String(offset, radix: 16) }
    }

    @Test("A function of a program, by symbol, version, alias, offset, link, hard link, and through /proc")
    func programSpellings() throws {
        try Self.withFolder { folder in try programSpellings(Library(), folder) }
    }

    private func programSpellings(_ library: Library, _ folder: String) throws {
        try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: library.path)
        try FileManager.default.copyItem(atPath: library.path, toPath: folder + "/copy")
        try FileManager.default.linkItem(atPath: folder + "/copy", toPath: folder + "/hard")
        let decimal = "\(library.offset)"
        let octal = "0" + String(library.offset, radix: 8)
        for path in [
            library.path, "/usr/../usr/lib/./\(library.path.dropFirst(9))", folder + "/link",
            "/proc/self/root" + library.path,
        ] {
            for text in [
                "uprobe:\(path):write", "uprobe:\(path):__write", "uprobe:\(path):write@GLIBC_2.2.5",
                "uprobe:\(path):write+4", "uretprobe:\(path):write", "p:x \(path):\(library.hex)",
                "p:x \(path):\(decimal)", "p:x \(path):\(octal)", "r:x \(path):\(library.hex)",
                "p:x \(path):\(library.hex)%return", "uprobe:\(path):\(library.hex)",
            ] {
                for rule in [library.path, "/lib/*/libc.so.6", "/lib/\(library.path.dropFirst(9))", "/usr/lib/*"] {
                    #expect(
                        try Self.refusal(text, "deny probe uprobe:\(rule):write")
                            == "refused by policy: /etc/p line 1: deny probe uprobe:\(rule):write", "\(text)")
                }
            }
            let other = "uprobe:\(path):read"
            #expect(try Self.refusal(other, "deny probe uprobe:\(library.path):write") == nil, "\(other)")
        }
        #expect(try Self.refusal("uprobe:\(folder)/hard:read", "deny probe uprobe:\(folder)/copy:*") != nil)
        #expect(try Self.refusal("uprobe:\(folder)/hard:read", "deny probe uprobe:\(library.path):*") == nil)
        // Allowed is a path as it really is.
        #expect(try Self.refusal("uprobe:\(folder)/link:read", "allow probe uprobe:\(folder)/*") != nil)
        #expect(try Self.refusal("uprobe:\(folder)/link:read", "allow probe uprobe:/usr/lib/*:read") == nil)
        #expect(try Self.refusal("p:x \(folder)/link:\(library.hex)", "allow probe uprobe:/usr/lib/*:read") != nil)
        #expect(try Self.refusal("p:x \(folder)/link:\(library.hex)", "allow probe uprobe:/lib/*:write") == nil)
    }

    @Test("A marker is denied as what it is, as its instruction, and by its offset")
    func markers() throws {
        try Self.withFolder { folder in
            let source = "#include <sys/sdt.h>\nint main(void) { DTRACE_PROBE1(app, hit, 1); return 0; }\n"
            try source.write(toFile: folder + "/app.c", atomically: false, encoding: .utf8)
            _ = try Self.run("gcc", "-O1", "-o", folder + "/app", folder + "/app.c")
            let text = "usdt:\(folder)/app:app:hit"
            #expect(try Self.refusal(text, "deny probe usdt:*:app:hit") != nil)
            #expect(try Self.refusal(text, "deny probe usdt:\(folder)/app:*") != nil)
            #expect(try Self.refusal(text, "deny probe uprobe:\(folder)/*") != nil)
            #expect(try Self.refusal(text, "deny probe uprobe:*:main") != nil)
            #expect(try Self.refusal(text, "deny probe uretprobe:*", "deny probe uprobe:/bin/*") == nil)
            #expect(try Self.refusal(text, "allow probe usdt:\(folder)/*") == nil)
            #expect(try Self.refusal(text, "allow probe uprobe:\(folder)/*") != nil)
            // The same instruction as a probe of code.
            let note = try Self.run("readelf", "-n", folder + "/app")
            let line = try #require(note.split(separator: "\n").first { $0.contains("Location: 0x") })
            let location = try #require(line.split { $0 == " " || $0 == "," }.dropFirst().first)
            // In the first loaded segments of a program, addresses are offsets.
            let code = "p:x \(folder)/app:\(location)"
            #expect(try Self.refusal(code, "deny probe usdt:*:app:hit") != nil)
            #expect(try Self.refusal(code, "allow probe usdt:*") != nil)
            #expect(try Self.refusal(code, "allow probe uprobe:*:main") == nil)
        }
    }

    @Test("Rules about other things cost nothing and refuse nothing")
    func others() throws {
        for text in ["kprobe:secret", "uprobe:/usr/bin/bash:parse_and_execute", "t:x sched_switch"] {
            #expect(try Self.refusal(text, "limit buffer 1M", "deny event irq:*") == nil)
        }
    }
}
