import Testing
import TextPatterns
import TraceProtocol
import Tracefs

@testable import AgentCore

@Suite("Names in the kernel: whose an instance or a group of probes is")
struct ProbeGroupTests {
    @Test(
        "Instances",
        arguments: [
            ("fleetrace-web-1-4f06", "web-1", UInt64(0x4f06)), ("fleetrace-a-ffffffffffffffff", "a", .max),
            ("fleetrace-a-b-c-1", "a-b-c", 1),
        ])
    func instance(_ text: String, _ node: String, _ session: UInt64) throws {
        let name = try #require(InstanceName(text))
        #expect(name.node == node && name.session == session && name.text == text)
    }

    @Test(
        "Instances of others",
        arguments: [
            "web-1", "fleetrace-", "fleetrace-1f", "fleetrace-a-", "fleetrace-a-xyz", "fleetrace-a-01",
            "fleetrace-a-+1",
        ])
    func noInstance(_ text: String) {
        #expect(InstanceName(text) == nil)
    }

    @Test("A group takes 63 bytes, names its session, and differs between nodes")
    func group() {
        let long = InstanceName(node: String(repeating: "n", count: 63), session: .max)
        let group = ProbeGroup(long)
        #expect(group.name.utf8.count == 35 && group.name.hasPrefix("fleetrace_ffffffffffffffff_"))
        #expect(ProbeGroup(group.name) == group)
        #expect(ProbeGroup(InstanceName(node: "a", session: 1)) != ProbeGroup(InstanceName(node: "b", session: 1)))
        // FNV-1a's published value for "a".
        #expect(ProbeGroup(InstanceName(node: "a", session: 1)).name == "fleetrace_0000000000000001_e40c292c")
    }

    @Test(
        "Groups of others, those that begin alike included",
        arguments: [
            "kprobes", "fleetrace_", "fleetrace_mine", "fleetrace_1_2", "fleetrace_0000000000000001_e40c292C",
            "fleetrace_0000000000000001_e40c292c_x", "xfleetrace_0000000000000001_e40c292c",
        ])
    func noGroup(_ text: String) {
        #expect(ProbeGroup(text) == nil)
    }

    @Test("A synthetic event is of its session's group; others in the kernel's one group for them are not")
    func synthetic() throws {
        let group = ProbeGroup(InstanceName(node: "a", session: 1))
        let event = try #require(group.synthetic("timed"))
        #expect(event.description == "synthetic:fleetrace_0000000000000001_e40c292c_timed")
        #expect(ProbeGroup(of: event) == group)
        let probe = try #require(EventName(system: group.name, name: "open_it"))
        #expect(ProbeGroup(of: probe) == group)
        for name in ["wakeup_latency", "fleetrace_mine", "fleetrace_0000000000000001_e40c292c", "timed"] {
            let other = try #require(EventName(system: "synthetic", name: name))
            #expect(ProbeGroup(of: other) == nil)
        }
    }

    @Test("Tasks' names become one condition; what could end the condition is refused")
    func comms() throws {
        #expect(try CommFilter.text([]) == nil)
        #expect(try CommFilter.text(["nginx*", "sh"]) == "COMM ~ \"nginx*\" || COMM ~ \"sh\"")
        for bad in ["", "a\" || 1", "a\nb"] {
            #expect(throws: WireRefusal.self) { try CommFilter.text([bad]) }
        }
    }

    @Test("Triggers: a stack for what is recorded only, no snapshot, traceon behind the start")
    func triggers() throws {
        let members = SessionEvents(tracepoints: [], probes: [])
        #expect(SessionTrigger.stack(if: "") == "stacktrace if common_pid >= 0")
        #expect(SessionTrigger.stack(if: "(a == 1)") == "stacktrace if (a == 1)")
        #expect(try SessionTrigger("traceon:1 if x == 2", members).isLate)
        #expect(try !SessionTrigger("traceoff", members).isLate)
        for snapshot in [
            "snapshot", "snapshot:1", "snapshot if x == 1", "snapshot\tif x == 1", " snapshot",
            "hist:keys=pid:t=hitcount:onmax($t).snapshot()",
        ] {
            #expect(throws: WireRefusal.self) { try SessionTrigger(snapshot, members) }
        }
    }

    @Test("A record's fields, without the common ones")
    func fields() throws {
        let field = try #require(
            WireProbeField(formatLine: "\tfield:__data_loc char[] path;\toffset:16;\tsize:4;\tsigned:1;"))
        #expect(field.declaration == "__data_loc char[] path" && field.offset == 16 && field.size == 4)
        for line in [
            "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;", "name: x", "", "print fmt: \"a;b:c\"",
            "\tfield:x;",
        ] {
            #expect(WireProbeField(formatLine: line) == nil)
        }
    }
}
