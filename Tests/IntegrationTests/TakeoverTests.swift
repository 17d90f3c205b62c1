import Foundation
import Testing

extension IntegrationTests {
    /// Agents that follow each other on a node while a session records numbered calls: every hole and every duplicate
    /// shows. docs/internals/faults.md has what is promised.
    @Suite(.serialized)
    struct TakeoverTests {
        private static let options = Fleet.Options(keepsState: true)

        /// A recording of one node's numbered calls, with faults in its middle.
        private struct Outcome {
            var status: ExitStatus
            var account: AccountLine
            var calls: NumberedCalls
            /// Events of the load that are not there although events before and after them are.
            var missing: UInt64
            var records: [TimelineRecord]
            var errors: String
        }

        private func record(
            _ fleet: Fleet, rate: Int = 5000, _ faults: (RunningProcess) async throws -> Void
        ) async throws -> Outcome {
            let load = SystemCallLoad(cpu: 0, rate: rate)
            let path = fleet.folder.file("session")
            let record = try await fleet.record(load.selection, into: path)
            try await Task.sleep(for: .seconds(1))
            try await faults(record)
            // What is at the end of the recording shows that it goes on.
            try await Task.sleep(for: .milliseconds(500))
            record.send(SIGINT)
            let status = try await record.exit(within: .seconds(60))
            try await load.stop()
            let account = try #require(
                AccountLine.all(in: record.errors.texts).first, "\(status): \(record.errors.text)")
            let records = try await fleet.report(path, expecting: status)
            let calls = NumberedCalls(records, node: fleet.names[0])
            let sorted = calls.arguments.sorted()
            #expect(Set(sorted).count == sorted.count, "something is there twice")
            #expect(calls.arguments == sorted, "something is out of order")
            let span = sorted.isEmpty ? 0 : sorted[sorted.count - 1] - sorted[0] + 1
            return Outcome(
                status: status, account: account, calls: calls, missing: span - UInt64(sorted.count), records: records,
                errors: record.errors.text)
        }

        /// Ends the agent by a signal. Its guard stays, and has its stderr open.
        private func end(_ fleet: Fleet, by signal: Int32) async throws {
            let agent = try #require(fleet.agent(fleet.names[0]))
            agent.send(signal)
            try await eventually("the agent's end", within: .seconds(10)) { !agent.isRunning }
        }

        private func killAndRestart(_ fleet: Fleet, after pause: Duration = .milliseconds(500)) async throws {
            let node = fleet.names[0]
            try await end(fleet, by: SIGKILL)
            try await Task.sleep(for: pause)
            try fleet.startAgent(node)
            try await fleet.connected([node])
        }

        /// Everything that is not there is stated, and nothing else.
        private func expectAccounted(_ outcome: Outcome) {
            let stated = outcome.records.filter { $0.type == "lost" }.reduce(0) { $0 + ($1.count ?? 0) }
            #expect(outcome.account.balances, "\(outcome.errors)")
            #expect(outcome.account.lost == 0 && outcome.account.lostAtAgent == outcome.missing, "\(outcome.errors)")
            #expect(stated == outcome.missing)
            #expect(outcome.account.received == UInt64(outcome.calls.count))
            #expect(outcome.status == (outcome.missing == 0 ? .success : .exited(1)), "\(outcome.errors)")
            #expect(outcome.errors.contains("were lost with the agent") == (outcome.missing > 0))
        }

        @Test("kill -9 of the agent in the middle: the next one goes on, and what is missing is stated exactly")
        func killed() async throws {
            try await Fleet.with(agents: 1, Self.options) { fleet in
                let outcome = try await record(fleet) { _ in try await killAndRestart(fleet) }
                expectAccounted(outcome)
                #expect(outcome.records.contains { $0.type == "taken_over" })
                // Each loss stands on the timeline between the events before and after it.
                for (index, record) in outcome.records.enumerated() where record.type == "lost" {
                    let before = outcome.records[..<index].filter(\.isEvent).map(\.time).max() ?? 0
                    let after = outcome.records[index...].filter(\.isEvent).map(\.time).min() ?? .max
                    #expect(before <= record.time && record.time <= after)
                }
                #expect(fleet.instances.isEmpty)
            }
        }

        @Test("kill -9 again and again at random moments: nothing is missing that is not stated")
        func killedAgainAndAgain() async throws {
            try await Fleet.with(agents: 1, Self.options) { fleet in
                let outcome = try await record(fleet, rate: 20_000) { _ in
                    for _ in 0..<5 {
                        try await killAndRestart(fleet, after: .milliseconds(Int64.random(in: 0...100)))
                        try await Task.sleep(for: .milliseconds(Int64.random(in: 0...400)))
                    }
                }
                expectAccounted(outcome)
            }
        }

        @Test("An agent that is killed while its controller is away: the next one waits for the controller")
        func killedWithoutController() async throws {
            try await Fleet.with(agents: 1, Self.options) { fleet in
                let outcome = try await record(fleet) { _ in
                    fleet.controller?.send(SIGSTOP)
                    let node = fleet.names[0]
                    try await end(fleet, by: SIGKILL)
                    try fleet.startAgent(node)
                    try await Task.sleep(for: .seconds(1))
                    fleet.controller?.send(SIGCONT)
                    try await fleet.connected([node])
                }
                expectAccounted(outcome)
            }
        }

        @Test("An upgrade (SIGTERM, another program) under load, three times: nothing is lost, exit status 0")
        func upgraded() async throws {
            try await Fleet.with(agents: 1, Self.options) { fleet in
                let outcome = try await record(fleet, rate: 20_000) { _ in
                    for _ in 0..<3 {
                        let node = fleet.names[0]
                        try await end(fleet, by: SIGTERM)
                        #expect(fleet.agent(node)?.exitStatus == .success)
                        #expect(fleet.instances.count == 1, "recording goes on")
                        try fleet.startAgent(node)
                        try await fleet.connected([node])
                        try await Task.sleep(for: .milliseconds(300))
                    }
                }
                #expect(outcome.status == .success && outcome.missing == 0, "\(outcome.errors)")
                #expect(outcome.account.balances && outcome.account.lostAtAgent == 0)
            }
        }

        @Test("An upgrade without a controller: what was read is stored, and delivered by the next agent")
        func upgradedWithoutController() async throws {
            try await Fleet.with(agents: 1, Self.options) { fleet in
                let outcome = try await record(fleet) { _ in
                    let node = fleet.names[0]
                    fleet.controller?.send(SIGSTOP)
                    try await Task.sleep(for: .seconds(1))
                    try await end(fleet, by: SIGTERM)
                    let stored = try FileManager.default.contentsOfDirectory(atPath: fleet.state(of: node))
                    #expect(stored.contains { $0.hasPrefix("frames-") }, "\(stored)")
                    fleet.controller?.send(SIGCONT)
                    try fleet.startAgent(node)
                    try await fleet.connected([node])
                }
                #expect(outcome.status == .success && outcome.missing == 0, "\(outcome.errors)")
                let left = try FileManager.default.contentsOfDirectory(atPath: fleet.state(of: fleet.names[0]))
                #expect(!left.contains { $0.hasPrefix("frames-") }, "\(left)")
            }
        }

        @Test("SIGINT ends the agent's sessions in order, and leaves nothing")
        func inOrder() async throws {
            try await Fleet.with(agents: 1, Self.options) { fleet in
                let outcome = try await record(fleet) { _ in
                    let agent = try #require(fleet.agent(fleet.names[0]))
                    agent.send(SIGINT)
                    #expect(try await agent.exit() == .success)
                    #expect(fleet.instances.isEmpty)
                }
                #expect(outcome.status == .exited(1) && outcome.errors.contains("the agent was stopped"))
                #expect(outcome.missing == 0)
            }
        }

        @Test("A second SIGTERM ends the agent at once, and the next one goes on")
        func secondSignal() async throws {
            try await Fleet.with(agents: 1, Self.options) { fleet in
                let outcome = try await record(fleet) { _ in
                    let node = fleet.names[0]
                    fleet.controller?.send(SIGSTOP)
                    let agent = try #require(fleet.agent(node))
                    agent.send(SIGTERM)
                    try await Task.sleep(for: .milliseconds(100))
                    try await end(fleet, by: SIGTERM)
                    #expect(agent.exitStatus == .exited(128 + SIGTERM))
                    fleet.controller?.send(SIGCONT)
                    try fleet.startAgent(node)
                    try await fleet.connected([node])
                }
                expectAccounted(outcome)
            }
        }

        @Test("A next agent whose policy forbids the events ends the recording, and the account says why")
        func forbidden() async throws {
            try await Fleet.with(agents: 1, Self.options) { fleet in
                let load = SystemCallLoad(cpu: 0, rate: 1000)
                let record = try await fleet.record(load.selection, into: fleet.folder.file("session"))
                try await Task.sleep(for: .seconds(1))
                try await end(fleet, by: SIGKILL)
                let policy = fleet.folder.file("policy")
                try Data("deny event all\n".utf8).write(to: URL(fileURLWithPath: policy))
                try fleet.startAgent(fleet.names[0], also: ["--policy", policy])
                // Nobody tells it to stop.
                let status = try await record.exit(within: .seconds(30))
                try await load.stop()
                #expect(status == .exited(1), "\(record.errors.text)")
                #expect(record.errors.text.contains("deny event all"), "\(record.errors.text)")
                #expect(fleet.instances.isEmpty)
            }
        }

        @Test("Without a next agent the guard removes everything when the lease has passed, and ends")
        func grace() async throws {
            var options = Self.options
            options.controllerArguments = ["--lease", "3s"]
            try await Fleet.with(agents: 1, options) { fleet in
                let load = SystemCallLoad(cpu: 0, rate: 100)
                let record = try await fleet.record(load.selection, into: fleet.folder.file("session"))
                let agent = try #require(fleet.agent(fleet.names[0]))
                let guardian = try #require(ProcessTable.guardian(of: agent.pid))
                agent.kill()
                let death = ContinuousClock.now
                try await Task.sleep(for: .seconds(2))
                #expect(fleet.instances.count == 1 && ProcessTable.isAlive(guardian))
                // Another agent that starts on this kernel leaves it alone.
                try await Fleet.with(agents: 1) { _ in #expect(fleet.instances.count == 1) }
                try await eventually("the guard's end", within: .seconds(10)) { !ProcessTable.isAlive(guardian) }
                #expect(fleet.instances.isEmpty)
                #expect(death.duration(to: .now) < .seconds(10))
                record.send(SIGINT)
                try await record.exit()
                try await load.stop()
            }
        }

        @Test("A guard whose agent has a successor ends at once")
        func predecessorsGuard() async throws {
            try await Fleet.with(agents: 1, Self.options) { fleet in
                let agent = try #require(fleet.agent(fleet.names[0]))
                let guardian = try #require(ProcessTable.guardian(of: agent.pid))
                let outcome = try await record(fleet, rate: 100) { _ in
                    try await killAndRestart(fleet, after: .zero)
                    #expect(!ProcessTable.isAlive(guardian))
                }
                expectAccounted(outcome)
            }
        }

        @Test("Five agents that die as soon as they have taken over: the sixth gives up, says why, and it adds up")
        func crashLoop() async throws {
            try await Fleet.with(agents: 1, Self.options) { fleet in
                let node = fleet.names[0]
                let outcome = try await record(fleet, rate: 500) { _ in
                    // Without a controller none of them can prove that it lives.
                    fleet.controller?.send(SIGSTOP)
                    for _ in 0..<5 {
                        try await end(fleet, by: SIGKILL)
                        let agent = try fleet.startAgent(node)
                        try await agent.errors.line(containing: "took over a session")
                    }
                    try await end(fleet, by: SIGKILL)
                    let last = try fleet.startAgent(node)
                    try await last.errors.line(containing: "gave up a session")
                    #expect(fleet.instances.isEmpty)
                    fleet.controller?.send(SIGCONT)
                    try await fleet.connected([node])
                }
                #expect(outcome.status == .exited(1) && outcome.errors.contains("agents in a row died"))
                #expect(outcome.account.balances && outcome.account.lostAtAgent > 0, "\(outcome.errors)")
                // Nothing is missing before the stated loss.
                #expect(outcome.missing == 0)
            }
        }
    }
}
