import Foundation
import Testing
import TextPatterns
import TraceProtocol
import Tracefs

@testable import AgentCore

/// The language of policies, and what it says about events, buffers and numbers.
@Suite("Policies")
struct PolicyTests {
    static func policy(_ lines: String...) throws -> Policy {
        try Policy(parsing: lines.joined(separator: "\n"), file: "/etc/p")
    }

    private static func event(_ text: String) -> EventName { EventName(text)! }

    @Test("Rules, comments, blank lines")
    func rules() throws {
        let policy = try Self.policy(
            "# of this node", "", "deny  probe\tkprobe:*  # all", "allow event sched:*", "deny event all",
            "allow probe *", "deny probe ?probe:/usr/lib/*", "limit buffer 64M", "limit probes 16\r")
        #expect(policy.count == 7)
        #expect(policy.probes.map(\.text) == ["deny probe kprobe:*", "allow probe *", "deny probe ?probe:/usr/lib/*"])
        #expect(policy.probes.map(\.line) == [3, 6, 7])
        #expect(policy.buffer?.pattern == 64 << 20 && policy.probeCount?.pattern == 16)
        #expect(Policy.none.count == 0)
    }

    @Test(
        "What is no rule, or could have no effect, is refused with its line and the reason",
        arguments: [
            ("deny", "is no rule"), ("deny probe", "is no rule"), ("deny probe kprobe:a b", "is no rule"),
            ("forbid probe kprobe:*", "neither allow, deny nor limit"), ("Deny probe kprobe:*", "neither allow"),
            ("deny symbol x", "neither event, probe nor function"),
            ("deny function kprobe:vfs_*", "no pattern of functions"), ("deny event a:b:c", "no pattern of events"),
            ("deny event /etc", "no pattern of events"), ("deny probe vfs_read", "write KIND:PLACE"),
            ("deny probe kprobes:*", "no probes of the kind \"kprobes\""), ("deny probe kprobe:", "names no location"),
            ("deny probe uprobe:usr/lib", "not absolute"), ("deny probe kprobe:/usr/lib/*", "names a file"),
            ("limit buffer 64", "is no size"), ("limit buffer 0M", "is no size"), ("limit buffer -1M", "is no size"),
            ("limit buffer 9999999999999G", "is no size"), ("limit probes many", "no number of probes"),
            ("limit rate 5", "no limit of \"rate\""), ("limit probes 1\nlimit probes 2", "second limit"),
            ("limit lease 60", "no length of time"), ("limit lease 0s", "no length of time"),
            ("limit lease 9999999999999d", "no length of time"), ("limit lease 1s\nlimit lease 2s", "second limit"),
            ("deny unattended sessions", "nothing follows"),
            ("deny unattended\ndeny unattended", "a second time"),
            ("deny ebpf programs", "nothing follows"), ("deny ebpf\ndeny ebpf", "a second time"),
            ("allow ebpf", "is no rule"),
        ])
    func mistakes(_ text: String, _ reason: String) throws {
        let error = #expect(throws: PolicyError.self) { try Policy(parsing: "# one\n" + text, file: "/etc/p") }
        let line = text.contains("\n") ? 3 : 2
        #expect(error?.description.hasPrefix("/etc/p line \(line): ") == true)
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test("Without eBPF no program is loaded; its maps count as a session's buffer")
    func programs() throws {
        let policy = try Self.policy("deny ebpf", "limit buffer 1M")
        #expect(policy.count == 2)
        #expect(policy.refusalOfEBPF?.text == "refused by policy: /etc/p line 1: deny ebpf")
        #expect(policy.refusal(ofMaps: 1 << 20) == nil)
        #expect(
            policy.refusal(ofMaps: (1 << 20) + 1024)?.text
                == "refused by policy: /etc/p line 2: limit buffer 1M (eBPF maps of 1025 KiB are more)")
        #expect(Policy.none.refusalOfEBPF == nil && Policy.none.refusal(ofMaps: .max) == nil)
    }

    @Test("A raw tracepoint is a use of all events of its name; one without an event has a name of its own")
    func raw() throws {
        let known = ["sched:sched_switch", "other:sched_switch", "raw_syscalls:sys_enter"].map(Self.event)
        func refusal(_ name: String, _ rules: String...) throws -> String? {
            var allowed = AllowedEvents(try Policy(parsing: rules.joined(separator: "\n"), file: "/etc/p"))
            do {
                try allowed.add(raw: Self.event("rawtp:\(name)"), among: known)
            } catch {
                return error.text
            }
            return allowed.events == [Self.event("rawtp:\(name)")] ? nil : "not added"
        }
        #expect(try refusal("sched_switch") == nil)
        #expect(try refusal("sched_switch", "deny event sched:*")?.contains("line 1: deny event sched:*") == true)
        #expect(try refusal("sched_switch", "allow event sched:*")?.contains("other:sched_switch") == true)
        #expect(try refusal("sched_switch", "allow event *:sched_switch") == nil)
        #expect(try refusal("sys_enter", "deny event sched:*", "deny event raw_syscalls:sys_enter") != nil)
        #expect(try refusal("sys_enter", "allow event raw_syscalls:*") == nil)
        #expect(
            try refusal("sys_enter", "deny event rawtp:*") == "refused by policy: /etc/p line 1: deny event rawtp:*")
        #expect(try refusal("pelt_cfs_tp", "allow event sched:*")?.contains("no rule allows it") == true)
        #expect(try refusal("pelt_cfs_tp", "allow event rawtp:pelt*") == nil)
    }

    @Test("Functions are judged as events are")
    func functions() throws {
        let policy = try Self.policy("allow function vfs_*", "deny function vfs_w*")
        #expect(policy.count == 2)
        #expect(policy.reason(againstFunction: "vfs_read") == nil)
        #expect(policy.reason(againstFunction: "vfs_write") == "/etc/p line 2: deny function vfs_w*")
        #expect(policy.reason(againstFunction: "tcp_sendmsg") == "/etc/p: no rule allows it")
        #expect(try Self.policy("deny probe *", "deny event *").reason(againstFunction: "vfs_read") == nil)
    }

    @Test("Deny wins; with a rule that allows, all others are refused; without rules nothing is")
    func events() throws {
        let denying = try Self.policy("deny event syscalls:*", "deny event sched_switch")
        #expect(denying.refusal(of: Self.event("sched:sched_waking")) == nil)
        #expect(
            denying.refusal(of: Self.event("syscalls:sys_enter_read"))?.text
                == "event syscalls:sys_enter_read: refused by policy: /etc/p line 1: deny event syscalls:*")
        #expect(denying.refusal(of: Self.event("sched:sched_switch"))?.code == .policy)
        let allowing = try Self.policy("allow event sched:*", "deny event sched:sched_w*")
        #expect(allowing.refusal(of: Self.event("sched:sched_switch")) == nil)
        #expect(allowing.refusal(of: Self.event("sched:sched_waking"))?.text.contains("line 2") == true)
        #expect(allowing.refusal(of: Self.event("irq:irq_entry"))?.text.hasSuffix("no rule allows it") == true)
        #expect(try Self.policy("allow probe kprobe:x").refusal(of: Self.event("irq:irq_entry")) == nil)
        #expect(Policy.none.refusal(of: Self.event("irq:irq_entry")) == nil)
    }

    @Test("A pattern leaves out what is refused, and says so; nothing remaining is a refusal")
    func patterns() throws {
        var allowed = AllowedEvents(try Self.policy("deny event *:*_read", "deny event raw:*"))
        try allowed.add(["sys:enter_read", "sys:exit_read", "sys:enter_write"].map(Self.event), of: "sys:*")
        #expect(allowed.events == [Self.event("sys:enter_write")])
        #expect(allowed.refused == [Self.event("sys:enter_read"), Self.event("sys:exit_read")])
        #expect(
            allowed.notes == [
                "2 of the 3 events of \"sys:*\" left out, refused by policy: /etc/p line 1: deny event *:*_read"
            ])
        let error = #expect(throws: WireRefusal.self) { try allowed.add([Self.event("raw:enter")], of: "raw") }
        #expect(error?.text == "\"raw\": refused by policy: /etc/p line 2: deny event raw:*")
        #expect(error?.code == .policy)
    }

    @Test("Triggers use other events, too")
    func triggers() throws {
        let members = SessionEvents(
            tracepoints: [Self.event("irq:a")], probes: [], policy: try Self.policy("deny event sched:*"),
            refused: [Self.event("sched:sched_switch")])
        for text in [
            "enable_event:sched:sched_switch", "enable_event:sched:sched_switch:5 if x == 1",
            "\tenable_event sched:sched_switch", "disable_event:sched:sched_switch", "enable_hist:sched:sched_switch",
            "hist:keys=pid:onmatch(sched.sched_switch).trace(x,$y)",
        ] {
            let error = #expect(throws: WireRefusal.self, "\(text)") { try SessionTrigger(text, members) }
            #expect(error?.code == .policy)
        }
        _ = try SessionTrigger("enable_event:irq:a", members)
        _ = try SessionTrigger("hist:keys=pid:onmatch(irq.a).trace(x,$y)", members)
        for filtered in ["sched:sched_switch", "sched"] {
            let error = #expect(throws: WireRefusal.self) { try members.select(filtered) }
            #expect(error?.code == .policy)
        }
    }

    @Test("A session's buffers: what is asked for is refused, what is usual is made smaller")
    func buffers() throws {
        let policy = try Self.policy("limit buffer 16M", "limit probes 2")
        #expect(try Policy.none.bufferKilobytes(asked: 0, usual: 4096, cpus: 64).size == 4096)
        #expect(try policy.bufferKilobytes(asked: 4096, usual: 4096, cpus: 4).size == 4096)
        let small = try policy.bufferKilobytes(asked: 0, usual: 4096, cpus: 64)
        #expect(small.size == 256 && small.note?.contains("line 1: limit buffer 16M") == true)
        for (asked, cpus) in [(UInt32(4097), 4), (.max, 1), (0, 4096)] {
            let error = #expect(throws: WireRefusal.self) {
                try policy.bufferKilobytes(asked: asked, usual: 4096, cpus: cpus)
            }
            #expect(error?.code == .policy)
        }
        #expect(policy.refusal(ofProbes: 2) == nil)
        #expect(policy.refusal(ofProbes: 3)?.text.contains("line 2: limit probes 2") == true)
    }

    @Test("Leases: what is longer than allowed is refused with its rule, and so is what has no end")
    func leases() throws {
        let week = Duration.seconds(7 * 86_400)
        func lease(_ policy: Policy, _ seconds: UInt32 = 0, unattended: Bool = false) throws(WireRefusal)
            -> SessionLease
        {
            var request = WirePrepare()
            request.leaseSeconds = seconds
            request.unattended = unattended
            return try policy.lease(request, longest: week)
        }
        #expect(try lease(.none) == SessionLease())
        #expect(try lease(.none, 3600) == SessionLease(own: .seconds(3600)))
        #expect(try lease(.none, unattended: true) == SessionLease(own: week))
        #expect(#expect(throws: WireRefusal.self) { try lease(.none, 604_801) }?.code == .overBudget)
        let limited = try Self.policy("limit lease 1h")
        #expect(try lease(limited) == SessionLease(most: .seconds(3600)))
        #expect(try lease(limited, 3600) == SessionLease(own: .seconds(3600), most: .seconds(3600)))
        let long = #expect(throws: WireRefusal.self) { try lease(limited, 3601) }
        #expect(long?.text == "refused by policy: /etc/p line 1: limit lease 1h (3601 s)" && long?.code == .policy)
        let endless = #expect(throws: WireRefusal.self) { try lease(limited, unattended: true) }
        #expect(endless?.text == "refused by policy: /etc/p line 1: limit lease 1h (unattended has none)")
        let attended = try Self.policy("deny unattended")
        #expect(try lease(attended, 3600) == SessionLease(own: .seconds(3600)))
        let refusal = #expect(throws: WireRefusal.self) { try lease(attended, unattended: true) }
        #expect(refusal?.text == "refused by policy: /etc/p line 1: deny unattended")
        #expect(try Self.policy("deny unattended", "limit lease 2d").count == 2)
    }

    @Test("A file that others may write is no policy")
    func file() throws {
        let path = NSTemporaryDirectory() + "/fleetrace-policy-\(UInt64.random(in: 0 ... .max))"
        defer { unlink(path) }
        #expect(throws: PolicyError.self) { try Policy(reading: path) }
        try "deny probe kprobe:*\n".write(toFile: path, atomically: false, encoding: .utf8)
        chmod(path, 0o644)
        #expect(try Policy(reading: path).count == 1)
        chmod(path, 0o664)
        let error = #expect(throws: PolicyError.self) { try Policy(reading: path) }
        #expect(error?.description.contains("chmod go-w") == true)
    }
}
