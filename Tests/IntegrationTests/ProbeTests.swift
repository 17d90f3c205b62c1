import Foundation
import Testing

/// Probes in a fleet on this machine's kernel, which has uprobes. Tests that need kprobes are in Lab/.
extension IntegrationTests {
    @Suite(.serialized, .needsUserProbes)
    struct ProbeTests {
        static let refusedKprobe = "p:myprobe do_filp_open dfd=%di:s32 pathname=+0(+0(%si)):string"

        @Test("A probe's events have its name, also in filters; the spread of the starts is printed; nothing is left")
        func trace() async throws {
            try await ForeignProbe.with { other in
                let before = other.line
                try await Fleet.with(agents: 2) { fleet in
                    let trace = try await fleet.trace(
                        ["-p", KernelProbes.shellProbe, "-f", "cmd: text ~ \"*wanted*\"", "--format", "json"])
                    #expect(fleet.probes.count == 2, "each agent has its own: \(fleet.probes)")
                    try await RunningProcess([KernelProbes.shell, "-c", "true unasked"]).exit()
                    try await RunningProcess([KernelProbes.shell, "-c", "true wanted"]).exit()
                    for name in fleet.names { try await trace.output.line(containing: "\"node\":\"\(name)\"") }
                    trace.send(SIGINT)
                    let status = try await trace.exit()
                    #expect(status == .success, "\(trace.errors.text)")
                    let events = try TimelineRecord.parse(trace.output.texts).events
                    #expect(events.count == 2 && Set(events.map(\.node)) == Set(fleet.names))
                    #expect(trace.output.text.contains("true wanted") && !trace.output.text.contains("unasked"))
                    #expect(!trace.output.text.contains("fleetrace_"))
                    #expect(trace.output.texts.count { $0.contains("probe") } == 2)
                    let spread = trace.errors.texts.first { $0.hasPrefix("start: min ") }
                    #expect(spread?.contains("median") == true && spread?.contains("±") == true, "\(trace.errors.text)")
                    for name in fleet.names { #expect(spread?.contains(name) == true) }
                    try await eventually("no probe remains: \(fleet.probes)") { fleet.probes.isEmpty }
                    #expect(fleet.instances.isEmpty)
                }
                #expect(other.line == before && !before.isEmpty, "somebody else's probe was touched")
            }
        }

        @Test(
            "The check's table: one row for nodes with the same result, the reason of a refusal, and nothing stays planted"
        )
        func table() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let check = try await fleet.run(
                    ["probe", KernelProbes.shellProbe, "uprobe:/usr/bin/bash:parse_and_exekute"] + fleet.access,
                    expecting: .exited(1))
                let rows = check.output.texts
                #expect(rows.first?.hasPrefix("PROBE") == true)
                let good = rows.first { $0.hasPrefix(KernelProbes.shellProbe) }
                #expect(good?.contains("all 2") == true && good?.contains(" uprobe ") == true, "\(check.output.text)")
                #expect(good?.contains("probe:cmd") == true && good?.contains("char[] text") == true)
                let bad = rows.first { $0.hasPrefix("uprobe:/usr/bin/bash:parse_and_exekute") }
                #expect(
                    bad?.contains("all 2") == true && bad?.contains("parse_and_execute") == true, "\(check.output.text)"
                )
                #expect(fleet.probes.isEmpty && fleet.instances.isEmpty)
                // With --partial it is enough that some nodes can.
                try await fleet.run(
                    ["probe", "--partial", "uprobe:/usr/bin/bash:nope"] + fleet.access, expecting: .exited(1))
                try await fleet.run(["probe", KernelProbes.shellProbe] + fleet.access)
            }
        }

        @Test("A kernel without kprobes says so", .enabled(if: !KernelProbes.hasKprobes, "this kernel has kprobes"))
        func noKprobes() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let check = try await fleet.run(["probe", Self.refusedKprobe] + fleet.access, expecting: .exited(1))
                #expect(check.output.text.contains("no kprobes in this kernel"), "\(check.output.text)")
                let trace = try await fleet.run(
                    ["trace", "-p", Self.refusedKprobe] + fleet.access, expecting: .exited(1))
                #expect(trace.errors.text.contains("no kprobes in this kernel"), "\(trace.errors.text)")
                #expect(fleet.instances.isEmpty)
            }
        }

        @Test("Refusals tell what is wrong, and nothing is left")
        func refusals() async throws {
            try await Fleet.with(agents: 1) { fleet in
                func refusal(_ arguments: [String]) async throws -> String {
                    let trace = try await fleet.run(
                        ["trace", "--for", "100ms"] + arguments + fleet.access, expecting: .exited(1))
                    #expect(fleet.probes.isEmpty && fleet.instances.isEmpty, "\(arguments) left something")
                    return trace.errors.text
                }
                let probe = ["-p", KernelProbes.shellProbe]
                let twice = try await refusal(probe + ["-p", "cmd=uprobe:/usr/bin/bash:reader_loop"])
                #expect(twice.contains("the name cmd is taken"), "\(twice)")
                let existing = try await refusal(["-p", "p:sched/sched_switch \(KernelProbes.shellCode)"])
                #expect(existing.contains("has an event sched:sched_switch already"), "\(existing)")
                let semaphore = try await refusal(
                    ["-p", "p:plain \(KernelProbes.shellCode)", "-p", "p:counted \(KernelProbes.shellCode)(0x1000)"])
                #expect(semaphore.contains("\"plain\"") && semaphore.contains("semaphore"), "\(semaphore)")
                let many = try await refusal(
                    (0..<129).flatMap { ["-p", "p:n\($0) \(KernelProbes.shellCode)"] })
                #expect(many.contains("129 probes") && many.contains("128"), "\(many)")
                let snapshot = try await refusal(probe + ["-T", "cmd: snapshot"])
                #expect(snapshot.contains("snapshot") && snapshot.contains("traceoff"), "\(snapshot)")
                let trigger = try await refusal(probe + ["-T", "cmd: nonsense"])
                #expect(trigger.contains("refused the trigger"), "\(trigger)")
                let field = try await refusal(probe + ["-f", "cmd: nosuch == 1"])
                #expect(field.contains("Field not found") && field.contains("^"), "\(field)")
                let pid = try await refusal(probe + ["--pid", "4194303"])
                #expect(pid.contains("no process 4194303"), "\(pid)")
                let name = try await refusal(probe + ["-f", "cmb: text == \"x\""])
                #expect(name.contains("no event \"cmb\"") && name.contains("cmd"), "\(name)")
            }
        }

        @Test("A probe that no node could accept is refused before anything is sent")
        func syntax() async throws {
            for verb in [["trace", "-p"], ["probe"]] {
                let process = try RunningProcess(
                    [try Executables.fleetrace()] + verb + ["p:x vfs_read $retval", "--controller", "127.0.0.1:1"])
                let status = try await process.exit()
                #expect(status == .exited(64), "\(process.errors.text)")
                #expect(process.errors.text.contains("$retval") && process.errors.text.contains("^"))
                #expect(!process.errors.text.contains("cannot reach"))
            }
        }

        @Test("--comm and --stack: only tasks of that name, and a stack after each of their events")
        func commAndStack() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let trace = try await fleet.trace(
                    ["-p", KernelProbes.shellProbe, "--comm", "chosen*", "--stack", "probe:cmd", "--format", "json"])
                try await RunningProcess([KernelProbes.shell, "-c", "true bash"]).exit()
                let script = "printf chosen-task > /proc/self/comm; eval 'true chosen'"
                try await RunningProcess([KernelProbes.shell, "-c", "\(KernelProbes.shell) -c \"\(script)\""]).exit()
                try await trace.output.line(containing: "true chosen")
                trace.send(SIGINT)
                let status = try await trace.exit()
                #expect(status == .success, "\(trace.errors.text)")
                let events = try TimelineRecord.parse(trace.output.texts).events
                let probes = events.count { $0.event == "probe:cmd" }
                #expect(probes >= 1 && events.count == 2 * probes, "\(trace.output.text)")
                #expect(trace.output.texts.filter { $0.contains("kernel_stack") }.count == probes)
                #expect(!trace.output.text.contains("true bash"))
            }
        }

        @Test("--pid: that process and what it starts, nobody else")
        func pid() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let chosen = try RunningProcess([
                    KernelProbes.shell, "-c",
                    "while [ ! -e \(fleet.folder.file("go")) ]; do sleep 0.05; done; eval 'true own'; \(KernelProbes.shell) -c 'true child'; :",
                ])
                let trace = try await fleet.trace(
                    ["-p", KernelProbes.shellProbe, "--pid", "\(chosen.pid)", "--format", "json"])
                try await RunningProcess([KernelProbes.shell, "-c", "true stranger"]).exit()
                try await RunningProcess(["touch", fleet.folder.file("go")]).exit()
                try await trace.output.line(containing: "true child")
                trace.send(SIGINT)
                let status = try await trace.exit()
                #expect(status == .success, "\(trace.errors.text)")
                #expect(trace.output.text.contains("true own") && !trace.output.text.contains("stranger"))
            }
        }
    }
}
