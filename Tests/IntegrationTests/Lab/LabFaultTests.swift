import Foundation
import Testing

extension LabTests {
    /// A process is killed during a session: nothing of it remains on any node, which `Lab.with` checks.
    @Suite(.serialized)
    struct LabFaultTests {
        /// A static function that all kernels have since Linux 5.6.
        private static let function = "do_sys_openat2"

        /// A session on all nodes and one on the guests, whose operators are killed. They would go on for half a minute.
        ///
        /// - Returns: their numbers.
        private static func killOperators(_ lab: Lab) async throws -> [String] {
            for arguments in [["-e", "sched:sched_process_exec"], ["-p", "kprobe:\(function)", "--on", "role=web"]] {
                let trace = try await lab.trace(arguments)
                trace.kill()
                try await trace.exit()
            }
            return try await lab.sessions().filter { $0["running"] as? Bool == true }
                .compactMap { $0["session"] as? String }
        }

        /// Two more sessions, which run on each of their nodes: one on all nodes with a probe of a library function that is
        /// rarely called, and one on the guests with a probe of the kernel.
        private static func sessions(_ lab: Lab) async throws -> [RunningProcess] {
            let everywhere = try await lab.trace([
                "-e", "sched:sched_process_exec",
                "-p", "seldom=uprobe:/usr/lib/x86_64-linux-gnu/libc.so.6:getlogin",
            ])
            let kernel = try await lab.trace(["-p", "kprobe:\(function)", "--on", "role=web"])
            let there = try await lab.leftovers()
            for name in lab.names {
                let kprobes = name == Lab.host ? 0 : 1
                #expect(there.count { $0.hasPrefix("\(name): fleetrace-\(name)-") } == 2 + 2 * kprobes, "\(there)")
                #expect(there.contains { $0.hasPrefix("\(name): p:fleetrace_") && $0.contains("/seldom ") }, "\(there)")
                let planted = there.contains { $0.hasPrefix("\(name): p:fleetrace_") && $0.contains(" \(function)") }
                #expect(planted == (kprobes > 0), "\(there)")
            }
            return [everywhere, kernel]
        }

        @Test(
            """
            kill -9 of operators and of an agent, and none follows: the others go on, its guard removes all that it made, \
            and whoever may ends the operators' sessions
            """)
        func killed() async throws {
            try await Lab.with { lab in
                let lost = try #require(lab.guests.last)
                let abandoned = try await Self.killOperators(lab)
                #expect(abandoned.count == 2)
                var traces = try await Self.sessions(lab)
                // Histograms with variables hold an instance, and synthetic events.
                let calls = "syscalls:sys_enter_getppid,syscalls:sys_exit_getppid"
                traces.append(try await lab.stat(["--latency", calls, "--on", lost]))
                // The lab would start the next agent a second after the death, and that one takes the sessions over.
                let script = """
                    agent=$(which fleetrace-agent); mv $agent $agent.away; cd /sys/kernel/tracing
                    # busybox finds the guard too: it is the same program.
                    for pid in $(pidof fleetrace-agent); do
                        [ $(cat /proc/$pid/comm) != fleetrace-agent ] || kill -9 $pid
                    done
                    for i in $(seq 400); do
                        if ! grep -q fleetrace_ dynamic_events && ! ls instances | grep -q fleetrace; then
                            echo "gone after $i"; break
                        fi
                        usleep 50000
                    done
                    cat dynamic_events; ls instances; mv $agent.away $agent
                    """
                let found = try await lab.guest(lost, script)
                #expect(found.count == 1 && found[0].hasPrefix("gone after"), "\(found)")
                for trace in traces { trace.send(SIGINT) }
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
                try await traces[2].exit(within: .seconds(60))
                // That nothing of them is left, all nodes are asked after the test.
                for id in abandoned { try await lab.run(["stop", id] + lab.access) }
                try await lab.connected(lab.names)
            }
        }
    }
}
