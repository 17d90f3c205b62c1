import Foundation
import Testing

/// What an agent's guard does when the agent dies, by the kernel's own files.
extension IntegrationTests {
    @Suite(.serialized, .needsUserProbes)
    struct GuardTests {
        /// Starts a session with events and a probe on all nodes.
        private func running(_ fleet: Fleet) async throws -> RunningProcess {
            let load = ["-e", "sched:sched_switch", "-e", "syscalls:sys_enter_close", "-p", KernelProbes.shellProbe]
            let trace = try await fleet.trace(load, output: .file("/dev/null"))
            #expect(fleet.probes.count == fleet.names.count && fleet.instances.allSatisfy(Self.isTracing))
            #expect(fleet.instances.count == fleet.names.count)
            return trace
        }

        private static func isTracing(_ instance: String) -> Bool {
            let file = "\(TracefsState.instancesFolder)/\(instance)/tracing_on"
            return (try? String(contentsOfFile: file, encoding: .utf8))?.hasPrefix("1") ?? false
        }

        private func guardian(of agent: String, in fleet: Fleet) throws -> pid_t {
            let pid = try #require(fleet.agent(agent)?.pid)
            return try #require(ProcessTable.guardian(of: pid), "it has no guard")
        }

        @Test(
            "A killed agent's recording is off, and its probes and instances are gone, within a second; others stay",
            arguments: [SIGKILL, SIGSEGV, SIGABRT])
        func killedAgent(signal: Int32) async throws {
            try await ForeignProbe.with { other in
                try await Fleet.with(agents: 2) { fleet in
                    let (whole, lost) = (fleet.names[0], fleet.names[1])
                    // Swift's runtime prints a backtrace before a crash is a death, which takes a debug build long.
                    try await fleet.agent(lost)?.terminate()
                    try fleet.startAgent(lost, wrapper: ["env", "SWIFT_BACKTRACE=enable=no"])
                    try await fleet.connected([lost])
                    let trace = try await running(fleet)
                    let guardian = try guardian(of: lost, in: fleet)
                    let agent = try #require(fleet.agent(lost))
                    agent.send(signal)
                    try await eventually("it dies", within: .seconds(20)) { !agent.isRunning }
                    try await eventually(
                        "nothing of it remains: \(fleet.instances) \(fleet.probes)", within: .seconds(3)
                    ) {
                        KernelProbes.lines(of: [lost]).isEmpty && TracefsState.instances(of: lost).isEmpty
                    }
                    try await eventually("the guard ends") { !ProcessTable.isAlive(guardian) }
                    #expect(KernelProbes.lines(of: [whole]).count == 1, "a live agent's probe was removed")
                    #expect(
                        TracefsState.instances(of: whole).allSatisfy(Self.isTracing), "a live agent's recording ended")
                    #expect(!other.line.isEmpty, "somebody else's probe was removed")
                    trace.send(SIGINT)
                    try await trace.exit()
                }
            }
        }

        @Test("An instance that somebody else has open records nothing, and its probe is gone")
        func instanceInUse() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let trace = try await running(fleet)
                let name = try #require(fleet.instances.first)
                let file = open("\(TracefsState.instancesFolder)/\(name)/trace_pipe", O_RDONLY | O_NONBLOCK)
                defer { if file >= 0 { close(file) } }
                #expect(file >= 0)
                fleet.agent(fleet.names[0])?.kill()
                try await eventually("it is off and without probes", within: .seconds(3)) {
                    !Self.isTracing(name) && fleet.probes.isEmpty
                }
                #expect(fleet.instances == [name])
                trace.kill()
            }
        }

        @Test("Who looks into the clock check's instance keeps no agent from starting; the guard removes it later")
        func clockCheckInUse() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let name = fleet.names[0]
                try await fleet.agent(name)?.terminate()
                let opening = Task.detached {
                    for _ in 0..<10_000 {
                        for instance in TracefsState.instances(of: name) {
                            let file = open("\(TracefsState.instancesFolder)/\(instance)/trace", O_RDONLY)
                            if file >= 0 { return file }
                        }
                        usleep(1_000)
                    }
                    return -1
                }
                let agent = try fleet.startAgent(name)
                let file = await opening.value
                #expect(file >= 0)
                try await fleet.connected([name])
                try await agent.errors.line(containing: "the clock check's trace instance stays")
                #expect(TracefsState.instances(of: name).count == 1)
                close(file)
                agent.send(SIGINT)
                try await agent.exit()
                try await eventually("it is gone") { TracefsState.instances(of: name).isEmpty }
            }
        }

        @Test("A guard that is killed is replaced, and the next one knows what the first one knew")
        func killedGuard() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let trace = try await running(fleet)
                let agent = try #require(fleet.agent(fleet.names[0]))
                let first = try guardian(of: fleet.names[0], in: fleet)
                kill(first, SIGKILL)
                try await agent.errors.line(containing: "the guard of this agent had ended")
                let second = try guardian(of: fleet.names[0], in: fleet)
                #expect(second != first && fleet.probes.count == 1 && fleet.instances.allSatisfy(Self.isTracing))
                agent.kill()
                try await eventually("nothing remains: \(fleet.instances) \(fleet.probes)", within: .seconds(3)) {
                    fleet.probes.isEmpty && fleet.instances.isEmpty
                }
                trace.kill()
            }
        }

        @Test(
            "Signals that end others leave a guard alone: it ends with its agent, without a clean-up of a new agent's")
        func signals() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let agent = try #require(fleet.agent(fleet.names[0]))
                let guardian = try guardian(of: fleet.names[0], in: fleet)
                for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGUSR1] { kill(guardian, signal) }
                #expect(getpgid(guardian) != getpgid(agent.pid), "it is in the agent's process group")
                let trace = try await running(fleet)
                #expect(ProcessTable.isAlive(guardian))
                // As a terminal and a service manager do: to everybody.
                kill(guardian, SIGTERM)
                agent.sendToGroup(SIGTERM)
                try await agent.exit()
                try await eventually("the guard ends with its agent", within: .seconds(3)) {
                    !ProcessTable.isAlive(guardian)
                }
                #expect(fleet.probes.isEmpty && fleet.instances.isEmpty)
                #expect(!agent.errors.text.contains("left in the kernel"), "\(agent.errors.text)")
                trace.kill()
            }
        }

        @Test("A guard holds nothing open but its pipe and stderr, and little memory")
        func whatItHolds() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let trace = try await running(fleet)
                let guardian = try guardian(of: fleet.names[0], in: fleet)
                let folder = "/proc/\(guardian)/fd"
                let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                #expect(files == ["0", "1", "2"])
                #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/0").hasPrefix("pipe:"))
                // A debug build with shared libraries; performance.md has the release.
                let kilobytes = try #require(ProcessTable.privateKilobytes(of: guardian))
                #expect(kilobytes < 8 << 10, "\(kilobytes) KiB")
                trace.send(SIGINT)
                try await trace.exit()
            }
        }

        @Test("When the pipe is full, another guard is told what there is")
        func fullPipe() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let first = try guardian(of: fleet.names[0], in: fleet)
                try fill("/proc/\(first)/fd/0")
                let trace = try await running(fleet)
                #expect(try guardian(of: fleet.names[0], in: fleet) != first)
                #expect(fleet.instances.allSatisfy(Self.isTracing), "the first guard has cleaned up")
                fleet.agent(fleet.names[0])?.kill()
                try await eventually("nothing remains: \(fleet.instances) \(fleet.probes)", within: .seconds(3)) {
                    fleet.probes.isEmpty && fleet.instances.isEmpty
                }
                trace.kill()
            }
        }

        /// Writes empty lines into a pipe until it takes no more.
        private func fill(_ pipe: String) throws {
            let file = open(pipe, O_WRONLY | O_NONBLOCK)
            guard file >= 0 else { throw TestFailure("cannot open \(pipe): errno \(errno)") }
            defer { close(file) }
            let lines = [UInt8](repeating: UInt8(ascii: "\n"), count: 4096)
            while write(file, lines, lines.count) > 0 {}
            while write(file, lines, 1) > 0 {}
        }
    }
}
