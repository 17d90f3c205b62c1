import Foundation
import Testing

extension LabTests {
    /// A process is killed during a session: nothing of it remains on any node, which `Lab.with` checks.
    @Suite(.serialized)
    struct LabFaultTests {
        /// Two sessions that run on each of their nodes: one on all nodes with a probe of a library function that is
        /// rarely called, and one on the guests with a probe of the kernel.
        private static func sessions(_ lab: Lab) async throws -> [RunningProcess] {
            let everywhere = try await lab.trace([
                "-e", "sched:sched_process_exec", "-e", "sched:sched_switch",
                "-p", "seldom=uprobe:/usr/lib/x86_64-linux-gnu/libc.so.6:getlogin",
            ])
            let kernel = try await lab.trace(["-p", "kprobe:do_filp_open", "--on", "role=web"])
            let there = try await lab.leftovers()
            for name in lab.names {
                let kprobes = name == Lab.host ? 0 : 1
                #expect(there.count { $0.hasPrefix("\(name): fleetrace-\(name)-") } == 1 + kprobes, "\(there)")
                #expect(there.contains { $0.hasPrefix("\(name): p:fleetrace_") && $0.contains("/seldom ") }, "\(there)")
                let planted = there.contains { $0.hasPrefix("\(name): p:fleetrace_") && $0.contains(" do_filp_open") }
                #expect(planted == (kprobes > 0), "\(there)")
            }
            return [everywhere, kernel]
        }

        @Test("kill -9 of the operator")
        func killedOperator() async throws {
            try await Lab.with { lab in
                for trace in try await Self.sessions(lab) {
                    trace.kill()
                    try await trace.exit()
                }
            }
        }

        @Test("kill -9 of an agent: the others go on, and the next agent cleans up")
        func killedAgent() async throws {
            try await Lab.with { lab in
                let lost = try #require(lab.guests.first)
                let traces = try await Self.sessions(lab)
                try await lab.guest(lost, "kill -9 $(pidof fleetrace-agent)")
                for trace in traces {
                    try await eventually("the loss is said: \(trace.output.text.suffix(1000))", within: .seconds(20)) {
                        trace.output.texts.contains { $0.contains("# ") && $0.contains(lost) }
                    }
                    trace.send(SIGINT)
                }
                for (trace, nodes) in zip(traces, [lab.names, lab.guests]) {
                    let status = try await trace.exit(within: .seconds(60))
                    #expect(status == .exited(1))
                    let account = AccountLine.all(in: trace.errors.texts)
                    for name in nodes where name != lost {
                        #expect(account.contains { $0.node == name && $0.balances }, "\(trace.errors.text)")
                    }
                    #expect(
                        trace.errors.texts.contains { $0.hasPrefix("problem:") && $0.contains(lost) },
                        "\(trace.errors.text)")
                }
                try await lab.connected(lab.names)
            }
        }

        @Test(
            "kill -9 of an agent: its guard removes kprobes, synthetic events and instances without another agent"
        )
        func guardedAgent() async throws {
            try await Lab.with { lab in
                let lost = try #require(lab.guests.first)
                var traces = try await Self.sessions(lab)
                // Histograms with variables hold an instance, and synthetic events.
                let calls = "syscalls:sys_enter_getppid,syscalls:sys_exit_getppid"
                traces.append(try await lab.stat(["--latency", calls, "--on", lost]))
                // The lab would start the next agent a second after the death, and that one cleans up too.
                let script = """
                    agent=$(which fleetrace-agent); mv $agent $agent.away; cd /sys/kernel/tracing
                    # busybox finds the guard too: it is the same program.
                    for pid in $(pidof fleetrace-agent); do
                        [ $(cat /proc/$pid/comm) != fleetrace-agent ] || kill -9 $pid
                    done
                    for i in $(seq 100); do
                        if ! grep -q fleetrace_ dynamic_events && ! ls instances | grep -q fleetrace; then
                            echo "gone after $i"; break
                        fi
                        usleep 50000
                    done
                    cat dynamic_events; ls instances; mv $agent.away $agent
                    """
                let found = try await lab.guest(lost, script)
                #expect(found.count == 1 && found[0].hasPrefix("gone after"), "\(found)")
                for trace in traces {
                    trace.send(SIGINT)
                    try await trace.exit(within: .seconds(60))
                }
                try await lab.connected(lab.names)
            }
        }

        @Test("kill -9 of the controller: agents stop the session when they connect to the next one")
        func killedController() async throws {
            try await Lab.with { lab in
                let traces = try await Self.sessions(lab)
                kill(try lab.pid(of: "controller"), SIGKILL)
                for trace in traces {
                    let status = try await trace.exit(within: .seconds(30))
                    #expect(status == .exited(1))
                    #expect(trace.errors.text.contains("controller"), "\(trace.errors.text)")
                }
                try await lab.connected(lab.names)
            }
        }
    }
}
