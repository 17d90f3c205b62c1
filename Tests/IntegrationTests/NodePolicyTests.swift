import Foundation
import Testing

/// A fleet of two nodes. The first has a policy and refuses what that forbids; the second goes on.
extension IntegrationTests {
    @Suite(.serialized, .needsUserProbes)
    struct NodePolicyTests {
        private static let rules = """
            # for tests
            deny probe uprobe:/usr/bin/bash:parse_and_execute
            deny event sched:sched_switch
            limit buffer 2M
            limit probes 2
            """

        private static func with(_ body: (Fleet, String) async throws -> Void) async throws {
            try await TemporaryFolder.with { folder in
                let policy = try folder.policy(rules)
                let options = Fleet.Options(singleArguments: [["--policy", policy]])
                try await Fleet.with(agents: 2, options) { fleet in
                    try await body(fleet, policy)
                    try await eventually("nothing remains: \(fleet.probes) \(fleet.instances)") {
                        fleet.probes.isEmpty && fleet.instances.isEmpty
                    }
                }
            }
        }

        @Test("The check groups the nodes that refuse and names the rule, however the probe is written")
        func check() async throws {
            try await Self.with { fleet, policy in
                let refusal = "refused by policy: \(policy) line 2: deny probe uprobe:/usr/bin/bash:parse_and_execute"
                let link = fleet.folder.file("shell")
                try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: KernelProbes.shell)
                for probe in [KernelProbes.shellProbe, "uretprobe:\(link):parse_and_execute+0"] {
                    let check = try await fleet.run(["probe", probe] + fleet.access, expecting: .exited(1))
                    let rows = check.output.texts.filter { $0.contains(fleet.names[0]) || $0.contains(fleet.names[1]) }
                    #expect(rows.count == 2, "\(check.output.text)")
                    let refused = check.output.texts.first { $0.contains(refusal) }
                    #expect(refused?.contains(fleet.names[0]) == true, "\(check.output.text)")
                    let planted = check.output.texts.first { $0.contains(" uprobe ") }
                    #expect(planted?.contains(fleet.names[1]) == true, "\(check.output.text)")
                    try await fleet.run(["probe", "--partial", probe] + fleet.access)
                }
                let other = try await fleet.run(["probe", "uprobe:/usr/bin/bash:reader_loop"] + fleet.access)
                #expect(other.output.text.contains("all 2"))
            }
        }

        @Test(
            "A session with a refused probe does not start, or with --partial on the other node only; so does a count")
        func probes() async throws {
            try await Self.with { fleet, _ in
                for verb in ["trace", "stat"] {
                    let all = try await fleet.run(
                        [verb, "-p", KernelProbes.shellProbe, "--for", "100ms"] + fleet.access, expecting: .exited(1))
                    #expect(all.errors.text.contains("\(fleet.names[0]): probe \(KernelProbes.shellProbe): refused by"))
                    #expect(!all.errors.text.contains(fleet.names[1]), "\(all.errors.text)")
                }
                let trace = try await fleet.trace(
                    ["-p", KernelProbes.shellProbe, "--partial", "--format", "json"])
                try await RunningProcess([KernelProbes.shell, "-c", "true told"]).exit()
                try await trace.output.line(containing: "true told")
                trace.send(SIGINT)
                try await trace.exit()
                let events = try TimelineRecord.parse(trace.output.texts).events
                #expect(!events.isEmpty && events.allSatisfy { $0.node == fleet.names[1] })
                let many = try await fleet.run(
                    ["trace", "--for", "100ms"] + (0..<3).flatMap { ["-p", "p:n\($0) \(KernelProbes.shellCode)"] }
                        + fleet.access, expecting: .exited(1))
                #expect(many.errors.text.contains("limit probes 2 (these are 3)"), "\(many.errors.text)")
            }
        }

        @Test(
            "A refused event that is named stops the start; one that a pattern selects is left out there, with a note")
        func events() async throws {
            try await Self.with { fleet, policy in
                for order in [
                    ["trace", "-e", "sched:sched_switch"], ["stat", "-e", "sched:sched_switch"],
                    ["stat", "-e", "sched:sched_switch", "--by", "prev_comm"],
                    ["trace", "-e", "sched:sched_wak*", "-T", "sched:sched_waking: enable_event:sched:sched_switch"],
                    ["trace", "-e", "sched:*", "-f", "sched:sched_switch: prev_pid > 0"],
                    ["trace", "-e", "sched:sched_waking", "--buffer", "4096"],
                ] {
                    let refused = try await fleet.run(order + ["--for", "100ms"] + fleet.access, expecting: .exited(1))
                    let lines = refused.errors.texts.filter { $0.contains("refused by policy: \(policy) line ") }
                    #expect(
                        lines.count == 1 && lines[0].hasPrefix("node \(fleet.names[0]): "), "\(refused.errors.text)")
                    #expect(!refused.errors.text.contains(fleet.names[1]), "\(order): \(refused.errors.text)")
                }
                // Also on a kernel that has no such probes.
                let probe = try await fleet.run(
                    ["probe", "e:x sched.sched_switch"] + fleet.access, expecting: nil)
                #expect(
                    probe.output.text.contains("event sched:sched_switch: refused by policy: \(policy) line 3"),
                    "\(probe.output.text)")
                let trace = try await fleet.trace(["-e", "sched:sched_*", "--format", "json"])
                try await trace.output.line(containing: "sched:sched_switch")
                try await trace.output.line(containing: "\"node\":\"\(fleet.names[0])\"")
                trace.send(SIGINT)
                let status = try await trace.exit()
                #expect(status == .success, "\(trace.errors.text)")
                let events = try TimelineRecord.parse(trace.output.texts).events
                let switches = events.filter { $0.event == "sched:sched_switch" }
                #expect(!switches.isEmpty && switches.allSatisfy { $0.node == fleet.names[1] })
                let note = trace.errors.texts.first { $0.contains("left out, refused by policy: \(policy) line 3") }
                #expect(note?.contains("node \(fleet.names[0]): 1 of the ") == true, "\(trace.errors.text)")
                #expect(trace.errors.text.contains("by policy: \(policy) line 4: limit buffer 2M"))
                // The recorded session has the note too.
                let session = fleet.folder.file("session")
                let record = try await fleet.record(["-e", "sched:sched_*"], into: session)
                record.send(SIGINT)
                try await record.exit()
                let limits = try await fleet.report(session).filter { $0.type == "limited" }
                #expect(limits.count == 2 && limits.allSatisfy { $0.node == fleet.names[0] }, "\(limits)")
            }
        }

        @Test("An agent with a malformed policy ends, and names the line and the reason")
        func mistake() async throws {
            try await TemporaryFolder.with { folder in
                let policy = try folder.policy("deny event sched:*\ndeny probe kprobes:*\n")
                let agent = try RunningProcess([
                    try Executables.agent(), "--controller", "127.0.0.1:1", "--cert", "none", "--key", "none", "--ca",
                    "none", "--policy", policy,
                ])
                let status = try await agent.exit()
                #expect(status == .exited(1))
                // The log quotes the value, so the quotes in it have backslashes.
                #expect(
                    agent.errors.text.contains(#"\#(policy) line 2: there are no probes of the kind \"kprobes\""#))
            }
        }
    }
}
