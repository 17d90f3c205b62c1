import Foundation
import Testing

/// What remains of probes in the kernel when parts of a fleet die, by the kernel's own lists.
extension IntegrationTests {
    @Suite(.serialized, .needsUserProbes)
    struct ProbeCleanupTests {
        /// Starts a session with a probe on all nodes, and checks that the kernel has the probe.
        private func running(_ fleet: Fleet) async throws -> RunningProcess {
            let trace = try await fleet.trace(["-p", KernelProbes.shellProbe])
            #expect(fleet.probes.count == fleet.names.count && fleet.instances.count == fleet.names.count)
            return trace
        }

        private func gone(_ fleet: Fleet, within limit: Duration = .seconds(10)) async throws {
            try await eventually("nothing remains: \(fleet.probes) \(fleet.instances)", within: limit) {
                fleet.probes.isEmpty && fleet.instances.isEmpty
            }
        }

        @Test(
            "kill -9 of an agent and its guard: its probe stays until the next agent starts, and only it is removed then"
        )
        func agent() async throws {
            try await ForeignProbe.with { other in
                try await Fleet.with(agents: 2) { fleet in
                    let trace = try await running(fleet)
                    let killed = fleet.names[1]
                    let agent = try #require(fleet.agent(killed))
                    kill(try #require(ProcessTable.guardian(of: agent.pid)), SIGKILL)
                    agent.kill()
                    try await agent.exit()
                    #expect(fleet.probes.count == 2, "who would have removed it?")
                    try fleet.startAgent(killed)
                    try await fleet.connected([killed])
                    try await eventually("the dead agent's probe is removed: \(fleet.probes)") {
                        fleet.probes.count == 1
                    }
                    #expect(KernelProbes.lines(of: [fleet.names[0]]).count == 1, "a live agent's probe was removed")
                    trace.send(SIGINT)
                    try await trace.exit()
                    try await gone(fleet)
                }
                #expect(!other.line.isEmpty, "somebody else's probe was removed")
            }
        }

        @Test("kill -9 of the operator: the session ends everywhere, when the operator has had its time to come back")
        func `operator`() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let trace = try await running(fleet)
                trace.kill()
                try await gone(fleet, within: .seconds(45))
            }
        }

        @Test(
            "kill -9 of the controller: the lease ends the session; a new controller ends it when nobody takes it back")
        func controller() async throws {
            let options = Fleet.Options(controllerArguments: ["--lease", "3s"])
            try await Fleet.with(agents: 2, options) { fleet in
                _ = try await running(fleet)
                fleet.controller?.kill()
                try await fleet.controller?.exit()
                try await gone(fleet, within: .seconds(15))
            }
            try await Fleet.with(agents: 2) { fleet in
                let trace = try await running(fleet)
                trace.kill()
                fleet.controller?.kill()
                try await fleet.controller?.exit()
                #expect(fleet.probes.count == 2)
                try await fleet.startController()
                try await gone(fleet, within: .seconds(60))
            }
        }

        @Test("SIGTERM to an agent: it removes its probes")
        func agentStops() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let trace = try await running(fleet)
                try await fleet.agent(fleet.names[0])?.terminate()
                #expect(fleet.probes.isEmpty && fleet.instances.isEmpty)
                trace.send(SIGINT)
                try await trace.exit()
            }
        }

        @Test("A probe that somebody else has enabled is removed once it is disabled")
        func enabledByOthers() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let trace = try await running(fleet)
                let line = try #require(fleet.probes.first)
                let name = try #require(line.split(separator: " ").first?.split(separator: ":").last)
                let instance = "\(TracefsState.instancesFolder)/probe-test-\(getpid())"
                mkdir(instance, 0o755)
                defer { rmdir(instance) }
                try write("1", to: "\(instance)/events/\(name)/enable")
                trace.send(SIGINT)
                try await trace.exit()
                try await eventually("the instance is gone") { fleet.instances.isEmpty }
                #expect(fleet.probes.count == 1, "the kernel does not give it up")
                try write("0", to: "\(instance)/events/\(name)/enable")
                try await gone(fleet)
            }
        }

        private func write(_ text: String, to path: String) throws {
            guard let file = fopen(path, "w") else { throw TestFailure("cannot open \(path): errno \(errno)") }
            defer { fclose(file) }
            fputs(text, file)
        }

        @Test("fleetrace node: which probes exist, whose they are, and how often they were hit")
        func node() async throws {
            try await ForeignProbe.with { other in
                try await Fleet.with(agents: 2) { fleet in
                    let trace = try await running(fleet)
                    for _ in 0..<3 { try await RunningProcess([KernelProbes.shell, "-c", "true"]).exit() }
                    let text = try await fleet.run(["node", fleet.names[0]] + fleet.access).output.texts
                    let rows = text.filter { $0.contains(":cmd") }
                    let own = rows.first { $0.contains("session ") }
                    #expect(own?.contains(", operator") == true, "\(text.joined(separator: "\n"))")
                    let hits = own?.split(separator: " ").compactMap { Int($0) }.first ?? 0
                    #expect(hits >= 3, "\(own ?? "")")
                    #expect(rows.contains { $0.contains("agent \(fleet.names[1])") })
                    #expect(text.contains { $0.hasPrefix("\(other.group):mine") && $0.contains("somebody else") })
                    #expect(text.contains { $0.hasPrefix("fleetrace-\(fleet.names[0])-") && $0.contains(" on ") })
                    trace.send(SIGINT)
                    try await trace.exit()
                    let none = try await fleet.run(
                        ["node", fleet.names[0] + "x"] + fleet.access, expecting: .exited(1))
                    #expect(none.errors.text.contains("did you mean \(fleet.names[0])"), "\(none.errors.text)")
                }
            }
        }
    }
}
