import Foundation
import Testing

extension IntegrationTests {
    /// A command whose output nobody reads, or that is asked to end: nothing that blocks it keeps it alive.
    @Suite(.serialized)
    struct CommandEndTests {
        /// Matches no event.
        private static let nothing = ["-e", "sched:sched_process_exec", "-f", "sched:sched_process_exec: pid == 0"]

        /// Starts a verb whose stdout is a pipe that nobody reads, and returns when it has said that it runs.
        private static func unread(_ fleet: Fleet, _ arguments: [String], until text: String?) async throws
            -> RunningProcess
        {
            let process = fleet.keep(
                try RunningProcess([try Executables.fleetrace()] + arguments + fleet.access, output: .unread))
            if let text { try await process.errors.line(containing: text) }
            return process
        }

        /// A trace that waits in write(2): its reader does not read, and megabytes are queued behind that.
        private static func blockedTrace(_ fleet: Fleet) async throws -> RunningProcess {
            let load = SystemCallLoad(cpu: 1, limit: 60)
            let trace = try await fleet.trace(["-e", "raw_syscalls"], output: .unread)
            try await Task.sleep(for: .seconds(4))
            try await load.stop()
            return trace
        }

        @Test("The reader ends behind a full queue: the command ends, and the session with it")
        func fullQueue() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let trace = try await Self.blockedTrace(fleet)
                #expect(trace.isRunning)
                trace.closeOutput()
                #expect(try await trace.exit(within: .seconds(3)) == .success, "\(trace.errors.text)")
                #expect(trace.errors.text.contains("nobody reads the output any longer"), "\(trace.errors.text)")
                try await eventually("no instance remains: \(fleet.instances)", within: .seconds(20)) {
                    fleet.instances.isEmpty
                }
            }
        }

        @Test("The reader ends while nothing is printed: trace, stat, top and attach end")
        func silence() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let owner = try await fleet.trace(Self.nothing)
                let sessions = try await fleet.run(["sessions"] + fleet.access).output.texts
                let id = try #require(sessions.dropFirst().first?.split(separator: " ").first.map(String.init))
                let commands = [
                    try await Self.unread(fleet, ["trace"] + Self.nothing, until: "tracing "),
                    try await Self.unread(fleet, ["stat", "-e", "sched:sched_switch"], until: "counting "),
                    try await Self.unread(fleet, ["top", "--interval", "1h"], until: nil),
                    try await Self.unread(fleet, ["attach", id], until: nil),
                ]
                // Those that say nothing when they begin have begun by then.
                try await Task.sleep(for: .seconds(2))
                for command in commands { #expect(command.isRunning, "\(command.name): \(command.errors.text)") }
                for command in commands { command.closeOutput() }
                for command in commands {
                    #expect(try await command.exit(within: .seconds(3)) == .success, "\(command.errors.text)")
                }
                #expect(owner.isRunning)
                owner.send(SIGINT)
                #expect(try await owner.exit() == .success)
                try await eventually("no instance remains: \(fleet.instances)") { fleet.instances.isEmpty }
            }
        }

        @Test("record writes files: when nobody reads its stdout, it is stopped in order, with its account")
        func record() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let path = fleet.folder.file("session")
                let record = try await Self.unread(fleet, ["record", "-o", path] + Self.nothing, until: "tracing ")
                record.closeOutput()
                #expect(try await record.exit(within: .seconds(5)) == .success, "\(record.errors.text)")
                #expect(record.errors.text.contains("wrote \(path)"), "\(record.errors.text)")
                let rows = try await fleet.summary(path)
                #expect(rows.allSatisfy { $0.balances })
            }
        }

        @Test("Signals work while a write blocks: the first waits, the second ends within a second")
        func blockedWrite() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let trace = try await Self.blockedTrace(fleet)
                trace.send(SIGINT)
                try await Task.sleep(for: .seconds(1))
                #expect(trace.isRunning, "the first Ctrl-C waits for who reads: \(trace.errors.text)")
                trace.send(SIGTERM)
                #expect(try await trace.exit(within: .seconds(4)) == .exited(1))
                #expect(trace.errors.text.contains("there is no account of it"), "\(trace.errors.text)")
                try await eventually("no instance remains: \(fleet.instances)", within: .seconds(20)) {
                    fleet.instances.isEmpty
                }
            }
        }

        @Test("A blocked stderr does not hold up the end either")
        func blockedErrors() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let load = SystemCallLoad(cpu: 1, limit: 60)
                let line = ([try Executables.fleetrace(), "trace", "-e", "raw_syscalls"] + fleet.access)
                    .map { "'\($0)'" }.joined(separator: " ")
                // Both of its outputs are one pipe that is not read.
                let trace = fleet.keep(
                    try RunningProcess(["bash", "-c", "exec \(line) 2>&1"], output: .unread))
                try await Task.sleep(for: .seconds(4))
                try await load.stop()
                for signal in [SIGINT, SIGTERM] {
                    trace.send(signal)
                    try await Task.sleep(for: .milliseconds(200))
                }
                #expect(try await trace.exit(within: .seconds(4)) == .exited(1))
            }
        }

        @Test("A signal ends a command that connects, or whose session is being opened, at once")
        func beginnings() async throws {
            try await Fleet.with(agents: 1) { fleet in
                // Accepts connections and says nothing.
                let mute = fleet.keep(
                    try RunningProcess([
                        "python3", "-c",
                        "import socket,time; s=socket.create_server(('127.0.0.1',0)); "
                            + "print('port',s.getsockname()[1],flush=True); time.sleep(600)",
                    ]))
                let line = try await mute.output.line(containing: "port ")
                let port = try #require(line.split(separator: " ").last.flatMap { Int($0) })
                for verb in [["nodes"], ["trace"] + Self.nothing] {
                    let command = fleet.keep(
                        try RunningProcess(
                            [try Executables.fleetrace()] + verb
                                + ["--controller", "127.0.0.1:\(port)", "--pki", fleet.pki]))
                    try await eventually("it can be interrupted") { command.handles(SIGINT) }
                    try await Task.sleep(for: .milliseconds(500))
                    #expect(command.isRunning)
                    command.send(SIGINT)
                    #expect(try await command.exit(within: .seconds(3)) == .exited(1))
                    #expect(command.errors.text.contains("interrupted"), "\(command.errors.text)")
                }
                let agent = try #require(fleet.agent(fleet.names[0]))
                agent.send(SIGSTOP)
                defer { agent.send(SIGCONT) }
                let opening = fleet.keep(
                    try RunningProcess([try Executables.fleetrace(), "trace"] + Self.nothing + fleet.access))
                try await eventually("it can be interrupted") { opening.handles(SIGTERM) }
                try await Task.sleep(for: .milliseconds(500))
                opening.send(SIGTERM)
                #expect(try await opening.exit(within: .seconds(3)) == .exited(1))
                #expect(opening.errors.text.contains("before the session had started"), "\(opening.errors.text)")
            }
        }

        @Test("--local: the second signal leaves a second for the end, the third none; agents and keys go with it")
        func local() async throws {
            for signals in 2...3 {
                let local = try await LocalRun.start(Self.nothing)
                let (trace, agents) = (local.process, local.agents)
                let folder = try #require(LocalRun.folder(of: agents.first ?? 0))
                #expect(agents.count == 2)
                for agent in agents { kill(agent, SIGSTOP) }
                for _ in 0..<signals {
                    trace.send(SIGINT)
                    try await Task.sleep(for: .milliseconds(100))
                }
                let limit = Duration.milliseconds(signals == 2 ? 4000 : 950)
                #expect(try await trace.exit(within: limit) == .exited(1), "\(trace.errors.text)")
                for agent in agents { kill(agent, SIGCONT) }
                #expect(!FileManager.default.fileExists(atPath: folder))
                try await eventually("the agents end") { !agents.contains(where: ProcessTable.isAlive) }
            }
        }
    }
}
