import Foundation
import Testing

extension IntegrationTests {
    /// Many operators at once, and nodes that answer nothing.
    @Suite(.serialized)
    struct ManySessionsTests {
        @Test("Eight sessions that are opened at once all start and end; nothing is left")
        func eight() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let load = SystemCallLoad(cpu: 0, rate: 100, limit: 300)
                let begin = ContinuousClock.now
                // They write: to print, each would have to read the symbols of two nodes, on the processors of both.
                let traces = try (0..<8).map { number in
                    fleet.keep(
                        try RunningProcess(
                            [try Executables.fleetrace(), "record", "-o", fleet.folder.file("s\(number)")]
                                + load.selection + ["--buffer", "256", "--for", "15s"] + fleet.access))
                }
                for trace in traces {
                    let status = try await trace.exit(within: .seconds(240))
                    let problems = trace.errors.texts.filter { $0.hasPrefix("problem:") }
                    // A busy machine misses the moment of the start, and says so.
                    #expect(
                        status == (problems.isEmpty ? .success : .exited(1))
                            && problems.allSatisfy { $0.hasSuffix("it started late") }, "\(trace.errors.text)")
                    let lines = AccountLine.all(in: trace.errors.texts)
                    #expect(lines.count == 2 && lines.allSatisfy { $0.balances }, "\(trace.errors.text)")
                }
                print("eight sessions: over after \(ContinuousClock.now - begin)")
                try await load.stop()
                try await eventually("no instance remains: \(fleet.instances)", within: .seconds(60)) {
                    fleet.instances.isEmpty
                }
                // Whoever comes next is served at once.
                let next = ContinuousClock.now
                try await fleet.run(["stat", "-e", "sched:sched_switch", "--for", "100ms"] + fleet.access)
                #expect(ContinuousClock.now - next < .seconds(5))
            }
        }

        @Test("A node that hangs costs two seconds, and is named; the others are started, listed and answered")
        func mute() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let (good, mute) = (fleet.names[0], fleet.names[1])
                let agent = try #require(fleet.agent(mute))
                agent.send(SIGSTOP)
                defer { agent.send(SIGCONT) }
                /// Two seconds, and what programs take to start on a busy machine.
                let limit = Duration.seconds(5)
                func timed(_ arguments: [String], expecting: ExitStatus?) async throws -> RunningProcess {
                    let begin = ContinuousClock.now
                    let process = try await fleet.run(arguments + fleet.access, expecting: expecting)
                    #expect(ContinuousClock.now - begin < limit, "\(arguments)")
                    return process
                }
                let partial = try await timed(
                    ["stat", "--partial", "-e", "sched:sched_switch", "--for", "100ms"], expecting: .success)
                #expect(partial.errors.text.contains("node \(mute): no answer within 2 s"), "\(partial.errors.text)")
                let whole = try await timed(["stat", "-e", "sched:sched_switch"], expecting: .exited(1))
                #expect(whole.errors.text.contains("node \(mute): no answer within 2 s"), "\(whole.errors.text)")
                #expect(whole.errors.text.contains("--partial goes on"), "\(whole.errors.text)")
                let list = try await timed(["list", "sched:*"], expecting: nil)
                #expect(list.output.text.contains("sched:sched_switch"), "\(list.errors.text)")
                let node = try await timed(["node", mute], expecting: .exited(1))
                #expect(node.errors.text.contains("node \(mute): no answer within 2 s"), "\(node.errors.text)")
                let probe = try await timed(["probe", "--partial", "kprobe:do_exit"], expecting: nil)
                #expect(probe.output.text.contains(mute), "\(probe.output.text)\(probe.errors.text)")
                _ = try await timed(
                    ["stat", "--on", good, "-e", "sched:sched_switch", "--for", "100ms"], expecting: .success)
            }
        }

        @Test("A node that hangs when its session is stopped costs two seconds, and the account says so")
        func muteAtTheEnd() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let trace = try await fleet.trace(["-e", "sched:sched_process_exec"])
                let agent = try #require(fleet.agent(fleet.names[1]))
                agent.send(SIGSTOP)
                defer { agent.send(SIGCONT) }
                trace.send(SIGINT)
                #expect(try await trace.exit(within: .seconds(5)) == .exited(1))
                #expect(trace.errors.text.contains(fleet.names[1]), "\(trace.errors.text)")
                agent.send(SIGCONT)
                try await eventually("no instance remains: \(fleet.instances)", within: .seconds(20)) {
                    fleet.instances.isEmpty
                }
            }
        }
    }
}
