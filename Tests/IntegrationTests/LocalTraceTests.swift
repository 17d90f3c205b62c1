import Foundation
import Testing

extension IntegrationTests {
    /// The quick start: one command, two agents of this machine.
    @Suite(.serialized)
    struct LocalTraceTests {
        private static let exec = ["-e", "sched:sched_process_exec"]

        @Test("Both timelines have every exec of a program, in order of time, and the totals balance")
        func twoTimelines() async throws {
            try await TemporaryFolder.with { folder in
                let state = TracefsState()
                let program = try folder.uniqueProgram()
                let run = try await LocalRun.start(Self.exec + ["--format", "json", "--for", "2s"])
                #expect(run.agents.count == 2)
                let keys = try #require(run.agents.first.flatMap(LocalRun.folder))
                var pids: [Int] = []
                for _ in 0..<5 {
                    let child = try RunningProcess([program])
                    try await child.exit()
                    pids.append(Int(child.pid))
                }
                let status = try await run.process.exit()
                #expect(status == .success, "\(run.process.errors.text)")

                let records = try TimelineRecord.parse(run.process.output.texts)
                for node in ["local-1", "local-2"] {
                    let seen = records.filter { $0.node == node && $0.fields["filename"] as? String == program }
                    #expect(seen.map(\.pid) == pids, "on \(node)")
                    #expect(seen.allSatisfy { $0.event == "sched:sched_process_exec" })
                }
                #expect(records.isInOrder)
                let account = AccountLine.all(in: run.process.errors.texts)
                #expect(account.map(\.node) == ["local-1", "local-2"])
                for line in account {
                    #expect(line.balances && line.lost == 0, "\(line)")
                    #expect(line.received == UInt64(records.events.count { $0.node == line.node }))
                }

                try await eventually("no agent survives") { run.survivors.isEmpty }
                try await eventually("no instance remains: \(state.leftovers())") { state.leftovers().isEmpty }
                #expect(!FileManager.default.fileExists(atPath: keys))
            }
        }

        @Test(
            "Ctrl-C and a terminal that goes away, which reach the whole process group, stop the trace and print totals",
            arguments: [SIGINT, SIGHUP])
        func interrupt(signal: Int32) async throws {
            let state = TracefsState()
            let run = try await LocalRun.start(Self.exec)
            let child = try RunningProcess(["true"])
            try await child.exit()
            // The line is on the screen before the end.
            try await run.process.output.line(containing: "pid=\(child.pid) ")
            run.process.sendToGroup(signal)
            let status = try await run.process.exit()
            #expect(status == .success, "\(run.process.errors.text)")
            let account = AccountLine.all(in: run.process.errors.texts)
            #expect(account.count == 2)
            #expect(account.allSatisfy { $0.balances && $0.received > 0 }, "\(run.process.errors.text)")
            try await eventually("no agent survives") { run.survivors.isEmpty }
            try await eventually("no instance remains") { state.leftovers().isEmpty }
        }

        @Test("The trace ends with its command, and its exit status is the command's")
        func command() async throws {
            try await TemporaryFolder.with { folder in
                let program = try folder.uniqueProgram()
                let script = "\(program); exit 7"
                let run = try RunningProcess(
                    [try Executables.fleetrace(), "trace", "--local", "2"] + Self.exec + ["--", "sh", "-c", script])
                let status = try await run.exit()
                #expect(status == .exited(7), "\(run.errors.text)")
                #expect(run.output.texts.count { $0.contains("filename=\(program) ") } == 2)
                #expect(AccountLine.all(in: run.errors.texts).count { $0.balances } == 2)
            }
        }

        @Test("A reader that closes the pipe, as head does, ends the trace without an error")
        func closedPipe() async throws {
            let state = TracefsState()
            let run = try await LocalRun.start(Self.exec, output: .unread)
            try await RunningProcess(["true"]).exit()
            #expect(run.process.readSomeOutput(10).count == 10)
            run.process.closeOutput()
            // The trace notices it at its next line.
            try await eventually("the end of the trace", within: .seconds(20)) {
                try await RunningProcess(["true"]).exit()
                return !run.process.isRunning
            }
            let status = try await run.process.exit()
            #expect(status == .success, "\(run.process.errors.text)")
            #expect(!run.process.errors.text.contains("error"), "\(run.process.errors.text)")
            try await eventually("no agent survives") { run.survivors.isEmpty }
            try await eventually("no instance remains") { state.leftovers().isEmpty }
        }

        @Test(
            "Killed with -9 it leaves no agent behind, and the next start removes what a dead agent left in the kernel")
        func killed() async throws {
            let state = TracefsState()
            let stale = "\(TracefsState.instancesFolder)/fleetrace-it-stale-\(getpid())"
            try FileManager.default.createDirectory(atPath: stale, withIntermediateDirectories: false)
            let run = try await LocalRun.start(Self.exec)
            #expect(
                !FileManager.default.fileExists(atPath: stale),
                "an instance that nobody holds outlives an agent's start")
            #expect(run.agents.count == 2)
            let folder = try #require(run.agents.first.flatMap(LocalRun.folder))
            #expect(FileManager.default.fileExists(atPath: folder + "/data"))
            #expect(!FileManager.default.fileExists(atPath: folder + "/pki"), "keys that everybody has read")
            run.process.kill()
            let status = try await run.process.exit()
            #expect(status == .signalled(SIGKILL))
            try await eventually("no folder remains", within: .seconds(3)) {
                !FileManager.default.fileExists(atPath: folder)
            }
            try await eventually("no agent survives the command", within: .seconds(10)) { run.survivors.isEmpty }
            try await eventually("no instance remains: \(state.leftovers())") { state.leftovers().isEmpty }
        }

        @Test(
            "Command, agents and all are killed with -9 in any order: neither keys nor instances nor probes remain",
            .needsUserProbes)
        func everybodyKilled() async throws {
            let state = TracefsState()
            let before = KernelProbes.lines.count
            for commandFirst in [true, false] {
                let run = try await LocalRun.start(Self.exec + ["-p", KernelProbes.shellProbe])
                let folder = try #require(run.agents.first.flatMap(LocalRun.folder))
                if commandFirst { run.process.kill() }
                for agent in run.agents { kill(agent, SIGKILL) }
                run.process.kill()
                try await eventually("nothing remains: \(state.leftovers())", within: .seconds(5)) {
                    !FileManager.default.fileExists(atPath: folder) && state.leftovers().isEmpty
                        && KernelProbes.lines.count == before
                }
            }
        }

        @Test("Killed with -9 while it starts, it leaves no keys behind")
        func killedEarly() async throws {
            let own = {
                Set(
                    ((try? FileManager.default.contentsOfDirectory(atPath: "/tmp")) ?? []).filter {
                        $0.hasPrefix("fleetrace-")
                    })
            }
            for _ in 0..<5 {
                let before = own()
                let process = try RunningProcess([try Executables.fleetrace(), "trace", "--local", "2"] + Self.exec)
                var folders: Set<String> = []
                try await eventually("it makes its keys") {
                    folders = own().subtracting(before)
                    return folders.contains { FileManager.default.fileExists(atPath: "/tmp/\($0)/pki/ca.key") }
                }
                process.kill()
                try await eventually("no folder remains of \(folders)", within: .seconds(3)) {
                    own().isDisjoint(with: folders)
                }
            }
        }

        @Test("Agents live as long as the command, however long it is idle")
        func idle() async throws {
            // Threads of the command's pools end after some idle seconds; the agents must not end with them.
            let run = try await LocalRun.start(
                Self.exec + ["-f", "sched:sched_process_exec: pid == 1", "--for", "16s"])
            let status = try await run.process.exit()
            #expect(status == .success, "\(run.process.errors.text)")
            #expect(AccountLine.all(in: run.process.errors.texts).count { $0.balances } == 2)
        }
    }
}
