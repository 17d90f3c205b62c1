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
            let folder = run.agents.first.flatMap(LocalRun.folder)
            defer { if let folder { try? FileManager.default.removeItem(atPath: folder) } }
            run.process.kill()
            let status = try await run.process.exit()
            #expect(status == .signalled(SIGKILL))
            try await eventually("no agent survives the command", within: .seconds(10)) { run.survivors.isEmpty }

            let next = try await LocalRun.start(Self.exec + ["--for", "100ms"])
            let second = try await next.process.exit()
            #expect(second == .success)
            try await eventually("no instance remains: \(state.leftovers())") { state.leftovers().isEmpty }
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
