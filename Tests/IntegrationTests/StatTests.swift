import Foundation
import Testing

extension IntegrationTests {
    /// Plain counts: a load of known size is counted, on every node, by node and CPU, and as perf counts it.
    @Suite(.serialized)
    struct StatTests {
        private static let load: UInt64 = 4321

        /// Runs exactly the known load while `process` counts, and then ends `process`.
        static func perform(
            _ load: SystemCallLoad, then process: RunningProcess, expecting: ExitStatus = .success
        ) async throws -> [CountRecord] {
            let calls = try await load.finished(within: .seconds(30))
            #expect(calls == Self.load)
            process.send(SIGINT)
            let status = try await process.exit()
            #expect(status == expecting, "\(process.errors.text)")
            return try CountRecord.parse(process.output.texts)
        }

        @Test("Every node counts each call of a known load once and reports for how long; nothing is left behind")
        func exact() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let name = SystemCallLoad.freshName()
                let filter = SystemCallLoad.filter(name)
                let stat = try await fleet.stat(
                    ["-e", "\(SystemCallLoad.event),cpu-clock", "-f", filter, "--format", "json"])
                let begin = wallClock()
                let records = try await Self.perform(
                    SystemCallLoad(cpu: 0, most: Self.load, name: name), then: stat)
                let window = UInt64(wallClock() - begin)
                for node in fleet.names {
                    let calls = records.of(node)
                    #expect(calls.map(\.count) == [Self.load])
                    #expect(calls.allSatisfy { $0.enabled > 0 && $0.enabled == $0.running && $0.key == nil })
                    // Every CPU's clock ran for as long as its counters were enabled.
                    let clock = try #require(records.of(node, "cpu-clock").first)
                    #expect(Double(clock.count ?? 0) / Double(clock.enabled) > 0.99)
                    #expect(Double(clock.count ?? 0) / Double(clock.enabled) < 1.01)
                    #expect(clock.enabled < window * 64)
                }
                #expect(records.count == 4)
                try await eventually("no instance remains: \(fleet.instances)") { fleet.instances.isEmpty }
            }
        }

        @Test("The same window and load: the same count as perf stat -a")
        func perf() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let name = SystemCallLoad.freshName()
                let selection = ["-e", SystemCallLoad.event]
                let stat = try await fleet.stat(
                    selection + ["-f", SystemCallLoad.filter(name), "--format", "json"])
                let perf = try RunningProcess(
                    ["perf", "stat", "-a", "-x", ","] + selection + [
                        "--filter", "comm == \"\(name)\"", "--", "sh", "-c", "echo counting >&2; sleep 3",
                    ])
                try await perf.errors.line(containing: "counting")
                let load = SystemCallLoad(cpu: 0, most: Self.load, name: name)
                try await load.finished(within: .seconds(2))
                try await perf.exit()
                let theirs = perf.errors.texts.first { $0.contains(SystemCallLoad.event) }?.split(separator: ",").first
                let own = try await Self.perform(load, then: stat)
                #expect(theirs.flatMap { UInt64($0) } == Self.load, "\(perf.errors.text)")
                #expect(own.of(fleet.names[0]).map(\.count) == [Self.load])
            }
        }

        @Test("By node and CPU: each CPU's own count, with a pinned load; the intervals add up")
        func byCPU() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let name = SystemCallLoad.freshName()
                let stat = try await fleet.stat([
                    "-e", SystemCallLoad.event, "-f", SystemCallLoad.filter(name),
                    "--by", "node,cpu", "--interval", "50ms", "--format", "json",
                ])
                let records = try await Self.perform(
                    SystemCallLoad(cpu: 1, rate: 10_000, most: Self.load, name: name), then: stat)
                for node in fleet.names {
                    let byCPU = records.of(node).byKey
                    #expect(byCPU["1"] == Self.load && byCPU.values.reduce(0, +) == Self.load, "\(byCPU)")
                    #expect(byCPU["0"] == 0, "a CPU that counted nothing has a row")
                    let times = records.of(node).compactMap(\.elapsed)
                    #expect(Set(times).count > 5 && times == times.sorted(), "\(times)")
                }
            }
        }

        @Test("A command runs meanwhile, and stat exits with its status; the table has both nodes and the total")
        func command() async throws {
            let state = TracefsState()
            try await TemporaryFolder.with { folder in
                let program = try folder.uniqueProgram()
                let run = try RunningProcess(
                    [
                        try Executables.fleetrace(), "stat", "--local", "2", "-e", "sched:sched_process_exec", "-f",
                        "sched:sched_process_exec: filename == \"\(program)\"", "--", "sh", "-c",
                        "\(program); \(program); \(program); exit 7",
                    ])
                let status = try await run.exit()
                #expect(status == .exited(7), "\(run.errors.text)")
                let lines = run.output.texts.map { $0.split(separator: " ").map(String.init) }
                let head = try #require(lines.first), row = try #require(lines.last)
                #expect(head == ["EVENT", "TOTAL", "PER", "S", "MIN", "MEDIAN", "MAX", "local-1", "local-2"])
                #expect(row.first == "sched:sched_process_exec" && row[1] == "6")
                #expect(row.suffix(5) == ["3", "3", "3", "3", "3"], "\(row)")
                #expect(run.errors.text.contains("local-1, local-2 by perf counters"), "\(run.errors.text)")
            }
            try await eventually("no instance remains") { state.leftovers().isEmpty }
        }

        @Test("A node that is killed is named, and its last totals are kept and marked; the others go on")
        func lostNode() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let (whole, lost) = (fleet.names[0], fleet.names[1])
                let name = SystemCallLoad.freshName()
                let stat = try await fleet.stat([
                    "-e", SystemCallLoad.event, "-f", SystemCallLoad.filter(name), "--format",
                    "json",
                ])
                try await SystemCallLoad(cpu: 0, most: 100, name: name).finished(within: .seconds(10))
                // Totals are sent at least every two seconds.
                try await Task.sleep(for: .seconds(3))
                fleet.agent(lost)?.kill()
                try await Task.sleep(for: .seconds(1))
                let records = try await Self.perform(
                    SystemCallLoad(cpu: 0, most: Self.load, name: name), then: stat, expecting: .exited(1))
                #expect(records.of(whole).map(\.count) == [Self.load + 100])
                #expect(records.of(whole).allSatisfy { $0.state == nil })
                #expect(records.of(lost).map(\.count) == [100])
                #expect(records.of(lost).map(\.state) == ["lost"])
                let problems = stat.errors.texts.filter { $0.hasPrefix("problem:") && $0.contains(lost) }
                #expect(
                    problems.contains { $0.contains("its last totals are those after") }
                        && problems.contains { $0.contains("no record for") }, "\(stat.errors.text)")
            }
        }
    }
}
