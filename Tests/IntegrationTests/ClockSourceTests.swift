import Foundation
import Testing

extension IntegrationTests {
    /// `--clock-source` on the real tracefs: stamps are those of the clock that was asked for, and bounds stay true.
    @Suite(.serialized)
    struct ClockSourceTests {
        private static let clocks: [(name: String, clock: clockid_t)] = [
            ("mono_raw", CLOCK_MONOTONIC_RAW), ("boot", CLOCK_BOOTTIME), ("mono", CLOCK_MONOTONIC), ("tai", CLOCK_TAI),
        ]

        private static func now(_ clock: clockid_t) -> Int64 {
            var time = timespec()
            clock_gettime(clock, &time)
            return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
        }

        /// All clocks before and after a program ran.
        private struct Run {
            var before: [Int64] = []
            var after: [Int64] = []
        }

        @Test(
            "Sessions with all four clocks at a time: printed stamps are the clock's, and bounds agree with each other")
        func everyClock() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let program = try fleet.folder.uniqueProgram()
                let events = [
                    "-e", "sched:sched_process_exec", "-f", "sched:sched_process_exec: filename == \"\(program)\"",
                ]
                var records: [RunningProcess] = []
                for (name, _) in Self.clocks {
                    records.append(
                        try await fleet.record(events + ["--clock-source", name], into: fleet.folder.file(name)))
                }
                var runs: [Run] = []
                for _ in 0..<20 {
                    var run = Run()
                    run.before = Self.clocks.map { Self.now($0.clock) }
                    try await RunningProcess([program]).exit()
                    run.after = Self.clocks.map { Self.now($0.clock) }
                    runs.append(run)
                    try await Task.sleep(for: .milliseconds(60))
                }
                for record in records {
                    record.send(SIGINT)
                    let status = try await record.exit()
                    #expect(status == .success, "\(record.errors.text)")
                }
                var times: [[TimelineRecord]] = []
                for (index, (name, _)) in Self.clocks.enumerated() {
                    let path = fleet.folder.file(name)
                    let text = try await fleet.run(["report", path, "--format", "ftrace"]).output.texts
                    // The kernel's form has microseconds, rounded.
                    let stamps = text.filter { !$0.hasPrefix("#") }.compactMap(KernelText.time).map { $0 * 1000 }
                    #expect(stamps.count == runs.count, "\(name): \(text)")
                    for (stamp, run) in zip(stamps, runs) {
                        #expect(
                            (run.before[index] - 1500...run.after[index] + 1500).contains(stamp),
                            "\(name): \(stamp) is not in \(run)")
                    }
                    let events = try await fleet.report(path).events
                    #expect(events.count == runs.count && events.allSatisfy { $0.quality == "certain" }, "\(name)")
                    times.append(events)
                }
                // The controller's timeline is this machine's clock, too, so all sessions have one time for an event.
                let raw = try #require(times.first)
                for (session, (name, _)) in zip(times, Self.clocks) {
                    for (one, other) in zip(session, raw) {
                        // One kernel stamps the same event for each instance, some us apart.
                        let lower = try #require(one.lower), upper = try #require(one.upper)
                        let from = try #require(other.lower), to = try #require(other.upper)
                        #expect(lower <= to + 200_000 && from <= upper + 200_000, "\(name): \(one) \(other)")
                        #expect(upper - lower < 2_000_000, "\(name): \(one)")
                    }
                }
                try await fleet.run(["export", fleet.folder.file("tai"), "--to", "trace.dat", fleet.folder.file("dat")])
                let file = try Data(contentsOf: URL(filePath: fleet.folder.file("dat/\(fleet.names[0]).dat")))
                #expect(file.range(of: Data("[tai]".utf8)) != nil)
            }
        }

        @Test("Live, a slewed clock's lines have a bound, and a clock that is no choice is refused")
        func live() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let program = try fleet.folder.uniqueProgram()
                let trace = try await fleet.trace(
                    ["-e", "sched:sched_process_exec", "--clock-source", "boot", "--format", "json", "--for", "4s"])
                for _ in 0..<20 {
                    try await RunningProcess([program]).exit()
                    try await Task.sleep(for: .milliseconds(100))
                }
                let status = try await trace.exit()
                #expect(status == .success, "\(trace.errors.text)")
                let lines = trace.output.texts.filter { $0.contains(program) }
                #expect(lines.count == 20, "\(trace.output.text)")
                #expect(lines.allSatisfy { $0.contains("\"quality\":\"certain\"") }, "\(lines)")

                let unknown = try await fleet.run(
                    ["trace", "-e", "sched:sched_process_exec", "--clock-source", "global"] + fleet.access,
                    expecting: nil)
                #expect(
                    unknown.exitStatus != .success && unknown.errors.text.contains("mono_raw"), "\(unknown.errors.text)"
                )
            }
        }
    }
}
