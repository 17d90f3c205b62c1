import Foundation
import Testing

extension LabTests {
    /// Someone is killed in the middle of a session: nothing of it remains on any node, which `Lab.with` looks for.
    @Suite(.serialized)
    struct LabFaultTests {
        /// A session on all nodes, seen to be there on each of them.
        private static func session(_ lab: Lab) async throws -> RunningProcess {
            let trace = try await lab.trace(["-e", "sched:sched_process_exec", "-e", "sched:sched_switch"])
            let there = try await lab.leftovers()
            for name in lab.names {
                #expect(there.contains { $0.hasPrefix("\(name): fleetrace-\(name)-") }, "\(there)")
            }
            return trace
        }

        @Test("kill -9 of the operator")
        func killedOperator() async throws {
            try await Lab.with { lab in
                let trace = try await Self.session(lab)
                trace.kill()
                try await trace.exit()
            }
        }

        @Test("kill -9 of an agent: the others go on, and the next agent cleans up")
        func killedAgent() async throws {
            try await Lab.with { lab in
                let lost = try #require(lab.guests.first)
                let trace = try await Self.session(lab)
                try await lab.guest(lost, "kill -9 $(pidof fleetrace-agent)")
                try await eventually("the loss is said: \(trace.output.text.suffix(1000))", within: .seconds(20)) {
                    trace.output.texts.contains { $0.contains("# ") && $0.contains(lost) }
                }
                trace.send(SIGINT)
                let status = try await trace.exit(within: .seconds(60))
                #expect(status == .exited(1))
                let account = AccountLine.all(in: trace.errors.texts)
                for name in lab.names where name != lost {
                    #expect(account.contains { $0.node == name && $0.balances }, "\(trace.errors.text)")
                }
                #expect(
                    trace.errors.texts.contains { $0.hasPrefix("problem:") && $0.contains(lost) },
                    "\(trace.errors.text)")
                try await lab.connected(lab.names)
            }
        }

        @Test("kill -9 of the controller: agents stop when they meet the next one")
        func killedController() async throws {
            try await Lab.with { lab in
                let trace = try await Self.session(lab)
                kill(try lab.pid(of: "controller"), SIGKILL)
                let status = try await trace.exit(within: .seconds(30))
                #expect(status == .exited(1))
                #expect(trace.errors.text.contains("controller"), "\(trace.errors.text)")
                try await lab.connected(lab.names)
            }
        }
    }
}
