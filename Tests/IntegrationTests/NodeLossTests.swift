import Foundation
import Testing

extension IntegrationTests {
    /// An agent that dies in the middle.
    @Suite(.serialized)
    struct NodeLossTests {
        @Test(
            "kill -9 of one agent: the other's timeline is whole and goes on; the loss is stated; a restart cleans up")
        func killedAgent() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let (whole, lost) = (fleet.names[0], fleet.names[1])
                let load = SystemCallLoad(cpu: 0, rate: 1000)
                let trace = try await fleet.trace(load.selection + ["--format", "json"])
                try await trace.output.line(containing: "\"node\":\"\(lost)\"")
                let killedAt = wallClock()
                fleet.agent(lost)?.kill()
                try await trace.output.line(containing: "\"type\":\"disconnected\"")
                // The other node goes on: its calls of several seconds after the loss are there.
                try await Task.sleep(for: .seconds(3))
                trace.send(SIGINT)
                let status = try await trace.exit()
                try await load.stop()

                #expect(status == .exited(1))
                let records = try TimelineRecord.parse(trace.output.texts)
                let calls = NumberedCalls(records, node: whole)
                #expect(calls.fault == nil, "\(calls.fault ?? "")")
                let later = records.events.filter { $0.node == whole && $0.time > killedAt + 1_000_000_000 }
                #expect(later.count > 1000, "the other's timeline stopped with the lost one")
                // What the lost node had sent is there, without gaps.
                let before = NumberedCalls(records, node: lost)
                #expect(before.fault == nil, "\(before.fault ?? "")")
                let notice = try #require(records.first { $0.type == "disconnected" && $0.node == lost })
                #expect(abs(notice.time - killedAt) < 1_000_000_000, "\(notice.time - killedAt) ns from the kill")

                let account = AccountLine.all(in: trace.errors.texts)
                let (first, second) = (account.first { $0.node == whole }, account.first { $0.node == lost })
                #expect(first?.balances == true && first?.lost == 0, "\(trace.errors.text)")
                #expect(second?.recorded == nil && second?.received == UInt64(before.count), "\(trace.errors.text)")
                #expect(
                    trace.errors.texts.contains { $0.hasPrefix("problem:") && $0.contains(lost) },
                    "\(trace.errors.text)")
                #expect(
                    !trace.errors.texts.contains { $0.hasPrefix("problem:") && $0.contains(whole) },
                    "\(trace.errors.text)")

                // The next agent of that name removes what the dead one left, and can take part again.
                try fleet.startAgent(lost)
                try await fleet.connected([lost])
                #expect(TracefsState.instances(of: lost).isEmpty)
                let program = try fleet.folder.uniqueProgram()
                let next = try await fleet.trace(["-e", "sched:sched_process_exec"], command: [program])
                let second2 = try await next.exit()
                #expect(second2 == .success, "\(next.errors.text)")
                for name in fleet.names {
                    #expect(
                        next.output.texts.contains { $0.contains(" \(name) ") && $0.contains("filename=\(program) ") })
                }
                try await eventually("no instance remains: \(fleet.instances)") { fleet.instances.isEmpty }
            }
        }

        @Test("An agent that restarts during a session: its part ends there, with a notice in the timeline")
        func restartedAgent() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let lost = fleet.names[1]
                let load = SystemCallLoad(cpu: 0, rate: 500)
                let path = fleet.folder.file("session")
                let record = try await fleet.record(load.selection, into: path)
                try await Task.sleep(for: .seconds(1))
                fleet.agent(lost)?.kill()
                try await fleet.agent(lost)?.exit()
                try fleet.startAgent(lost)
                try await fleet.connected([lost])
                try await Task.sleep(for: .seconds(1))
                record.send(SIGINT)
                let status = try await record.exit()
                try await load.stop()
                #expect(status == .exited(1), "\(record.errors.text)")
                #expect(
                    record.errors.texts.contains {
                        $0.contains("problem") && $0.contains(lost) && $0.contains("restarted")
                    })

                let records = try await fleet.report(path, expecting: .exited(1))
                #expect(NumberedCalls(records, node: fleet.names[0]).fault == nil)
                #expect(NumberedCalls(records, node: lost).fault == nil)
                #expect(
                    records.contains { $0.type == "ended" && $0.node == lost && $0.text?.contains("restarted") == true }
                )
                let rows = try await fleet.summary(path, expecting: .exited(1))
                #expect(rows.filter { $0.node == fleet.names[0] }.allSatisfy { $0.balances })
                try await eventually("no instance remains: \(fleet.instances)") { fleet.instances.isEmpty }
            }
        }

        @Test("A second Ctrl-C does not wait for a node that hangs")
        func secondInterrupt() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let trace = try await fleet.trace(["-e", "sched:sched_process_exec"])
                let agent = try #require(fleet.agent(fleet.names[0]))
                agent.send(SIGSTOP)
                defer { agent.send(SIGCONT) }
                trace.send(SIGINT)
                try await Task.sleep(for: .milliseconds(500))
                #expect(trace.isRunning, "the first Ctrl-C waits for the node's totals")
                trace.send(SIGINT)
                let status = try await trace.exit(within: .seconds(3))
                #expect(status == .exited(1))
                #expect(trace.errors.text.contains("interrupted a second time"), "\(trace.errors.text)")
                agent.send(SIGCONT)
                try await eventually("no instance remains: \(fleet.instances)") { fleet.instances.isEmpty }
            }
        }
    }
}
