import Foundation
import Testing

extension LabTests {
    /// Counts by key, histograms and latencies on kernels that have tables for them, and on this machine's, which may
    /// have none: the same load gives the same result either way.
    @Suite(.serialized)
    struct LabCountTests {
        private static let kernels = "the kernel's tables"
        private static let decoded = "decoded pages"
        private static let programs = "eBPF"
        private static let byDecoding = ["--way", "decode"]
        private static let byPrograms = ["--way", "ebpf"]

        /// Starts counts side by side, since each start takes an emulated guest a second or two; three of them, since with
        /// more at once guests miss the moment of the start by more than a second.
        private static func start(_ lab: Lab, _ orders: [[String]]) async throws -> [RunningProcess] {
            var started: [RunningProcess] = []
            for first in stride(from: 0, to: orders.count, by: 3) {
                started += try await startTogether(lab, Array(orders[first..<min(first + 3, orders.count)]))
            }
            return started
        }

        private static func startTogether(_ lab: Lab, _ orders: [[String]]) async throws -> [RunningProcess] {
            try await withThrowingTaskGroup(of: (Int, RunningProcess).self) { group in
                for (index, order) in orders.enumerated() {
                    group.addTask { (index, try await lab.stat(order)) }
                }
                return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
            }
        }

        /// Ends counts, and parses what they print.
        private static func records(_ stat: RunningProcess) async throws -> [CountRecord] {
            stat.send(SIGINT)
            let status = try await stat.exit(within: .seconds(60))
            #expect(status == .success, "\(stat.errors.text)")
            return try CountRecord.parse(stat.output.texts)
        }

        /// How each node counted, from the last line.
        private static func expect(_ stat: RunningProcess, _ ways: [String: String]) {
            let groups = (stat.errors.texts.first { $0.hasPrefix("counted for ") } ?? "").components(separatedBy: "; ")
            for (name, way) in ways {
                #expect(groups.contains { $0.contains(name) && $0.contains(" by \(way)") }, "\(stat.errors.text)")
            }
        }

        private static func all(_ lab: Lab, _ way: String) -> [String: String] {
            Dictionary(uniqueKeysWithValues: lab.names.map { ($0, way) })
        }

        private static func ways(_ lab: Lab) async throws -> [String: String] {
            let (having, lacking) = try await lab.split(by: .histograms)
            var ways = Dictionary(uniqueKeysWithValues: having.map { ($0, kernels) } + lacking.map { ($0, decoded) })
            if lab.hasHost { ways[Lab.host] = LabTriggerTests.hostHasHistograms ? kernels : programs }
            return ways
        }

        @Test("Signals with known numbers to no process: by field, by CPU and as histogram, the same on every node")
        func keys() async throws {
            try await Lab.with { lab in
                // No process can have this pid, so nobody else sends to it.
                let target = 0x2000_0000 + Int.random(in: 0..<0x1000_0000)
                let signals = [0: 7, 1: 5, 2: 11, 3: 3, 9: 2, 18: 13]
                let script =
                    "for s in "
                    + signals.flatMap { Array(repeating: "\($0.key)", count: $0.value) }.joined(separator: " ")
                    + "; do kill -$s \(target); done 2>/dev/null; true"
                let event = "syscalls:sys_enter_kill"
                let selection = ["-e", event, "-f", "\(event): pid == \(target)", "--format", "json"]
                let tables = [["--by", "sig"], ["--hist", "sig"], ["--by", "cpu,pid"]]
                let values = ["--sum", "sig", "--max", "sig", "--by", "tid"]
                let forced =
                    (tables + [values]).map { $0 + Self.byPrograms } + [values + Self.byDecoding]
                    + [["--by", "cgroup_id"] + Self.byPrograms]
                let stats = try await Self.start(lab, (tables + forced).map { selection + $0 })
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await lab.guests(script) }
                    if lab.hasHost {
                        group.addTask { _ = try await RunningProcess(["sh", "-c", script]).exit() }
                    }
                    try await group.waitForAll()
                }
                for first in [0, 3] {
                    let keys = try await Self.records(stats[first])
                    let powers = try await Self.records(stats[first + 1])
                    let locations = try await Self.records(stats[first + 2])
                    for name in lab.names {
                        #expect(
                            keys.of(name, event).byKey
                                == Dictionary(uniqueKeysWithValues: signals.map { ("\($0.key)", UInt64($0.value)) }),
                            "\(name)")
                        #expect(
                            powers.of(name, event).byKey == [
                                "0": 7, "1": 5, "2": 11, "3..4": 3, "9..16": 2, "17..32": 13,
                            ], "\(name)")
                        #expect(locations.of(name, event).total == 41, "\(name)")
                        // One process sent them all.
                        let tasks = locations.of(name, event).compactMap { $0.key?.split(separator: ",").last }
                        #expect(Set(tasks).count == 1, "\(locations)")
                    }
                }
                let sum = Double(signals.reduce(0) { $0 + $1.key * $1.value })
                for stat in stats[6...7] {
                    let records = try await Self.records(stat)
                    for name in lab.names {
                        #expect(records.of(name, event).map(\.count) == [41], "\(name)")
                        #expect(records.of(name, event).map(\.values) == [["sum": sum, "max": 18]], "\(name)")
                    }
                }
                let cgroups = try await Self.records(stats[8])
                for name in lab.names { #expect(cgroups.of(name, event).map(\.count) == [41], "\(name)") }
                let ways = try await Self.ways(lab)
                for stat in stats[..<3] { Self.expect(stat, ways) }
                for stat in stats[3..<7] + stats[8...] { Self.expect(stat, Self.all(lab, Self.programs)) }
                Self.expect(stats[7], Self.all(lab, Self.decoded))
            }
        }

        @Test("Sleeps that the load measured: each once, in its power of two, in kernel tables and decoded")
        func latency() async throws {
            try await Lab.with { lab in
                let names = ["enter", "exit"].map { "syscalls:sys_\($0)_clock_nanosleep" }
                let own = SystemCallLoad.freshName()
                let filters = names.flatMap { ["-f", "\($0): comm == \"sample\" || comm == \"\(own)\""] }
                let selection = ["--latency", names.joined(separator: ","), "--format", "json"] + filters
                // Exits without an entry: the entries are filtered out.
                let stats = try await Self.start(
                    lab,
                    [
                        selection + ["--by", "ret,cpu"], selection + Self.byDecoding,
                        [
                            "--latency", names.joined(separator: ","), "--on", "role=web", "-f",
                            "\(names[0]): flags == 77", "-f", "\(names[1]): comm == \"sample\"",
                        ],
                        selection + ["--by", "comm"] + Self.byPrograms,
                        selection + ["--match", "tid,__syscall_nr"] + Self.byPrograms,
                    ])
                let (inKernel, decoded, unmatched, programs) = (stats[0], stats[1], stats[2], stats[3...])
                let times = 40
                let measured = try await withThrowingTaskGroup(of: (String, [UInt64]).self) { group in
                    for name in lab.guests {
                        group.addTask {
                            let lines = try await lab.guest(name, "sample \(times) 2 timed")
                            return (name, lines.compactMap { UInt64($0) })
                        }
                    }
                    if lab.hasHost {
                        group.addTask { (Lab.host, await SleepLoad.run(own, times: times, nanoseconds: 2_000_000)) }
                    }
                    return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
                }
                let event = names.joined(separator: " -> ")
                for stat in [inKernel, decoded] + programs {
                    let records = try await Self.records(stat)
                    for name in lab.names {
                        let counted = records.of(name, event)
                        let timed = try #require(measured[name])
                        #expect(timed.count == times && counted.total == UInt64(times), "\(name): \(counted)")
                        // The kernel measures less than the load does, so as many sleeps or more end within a power of two.
                        for power in 10..<40 {
                            let limit = UInt64(1) << power
                            let below = counted.filter { Self.end(of: $0.key) <= limit }.total
                            #expect(below >= UInt64(timed.count { $0 <= limit }), "\(name), up to \(limit): \(counted)")
                            if limit < 2_000_000 { #expect(below == 0) }
                        }
                    }
                }
                unmatched.send(SIGINT)
                try await unmatched.exit(within: .seconds(60))
                let said = unmatched.errors.texts.compactMap { line in
                    line.hasSuffix(" exits without an entry are not counted") ? Int(line.prefix { $0 != " " }) : nil
                }
                #expect(said == [times * lab.guests.count], "\(unmatched.errors.text)")
                let ways = try await Self.ways(lab)
                Self.expect(inKernel, ways)
                Self.expect(decoded, Self.all(lab, Self.decoded))
                for stat in programs { Self.expect(stat, Self.all(lab, Self.programs)) }
                Self.expect(unmatched, ways.filter { lab.guests.contains($0.key) })
            }
        }

        /// The larger number of `0,1,4097..8192`.
        private static func end(of key: String?) -> UInt64 {
            key?.components(separatedBy: "..").last.flatMap { UInt64($0) } ?? 0
        }

        @Test(
            "A second entry restarts the time; another agent leaves the tables; after kill -9 the next one removes them"
        )
        func again() async throws {
            try await Lab.with { lab in
                guard let node = try await lab.guests(having: .histograms).first else { return }
                let (entry, exit) = ("syscalls:sys_enter_clock_nanosleep", "sched:sched_process_exit")
                let selection =
                    ["--latency", "\(entry),\(exit)", "--on", node, "--format", "json"]
                    + [entry, exit].flatMap { ["-f", "\($0): comm == \"sample\""] }
                let stats = try await Self.start(lab, [selection, selection + Self.byDecoding])
                // Another agent that starts, here one without a controller, leaves the tables of a live one alone.
                let before = try await lab.leftovers()
                let said = try await lab.guest(
                    node,
                    """
                    cd /etc/fleetrace; timeout 10 fleetrace-agent --controller 127.0.0.1:1 --ca ca.crt \
                        --cert node.crt --key node.key >/tmp/said 2>&1 &
                    for i in $(seq 100); do
                        ! grep -q "not connected to the controller" /tmp/said || break
                        usleep 100000
                    done
                    kill $!; wait $!; status=$?; cat /tmp/said; [ $status = 0 -o $status = 143 ]
                    """)
                #expect(said.contains { $0.contains("left the instance of an agent that runs") }, "\(said)")
                #expect(try await lab.leftovers() == before)
                // Twenty entries of one thread, which then ends: one latency, from the last entry.
                try await lab.guest(node, "sample 20 1")
                for stat in stats {
                    #expect(try await Self.records(stat).total == 1, "\(stat.output.text)\(stat.errors.text)")
                }
                Self.expect(stats[0], [node: Self.kernels])

                let killed = try await lab.stat(selection)
                let there = try await lab.leftovers().filter { $0.hasPrefix(node) }
                #expect(there.count { $0.contains(" s:synthetic/fleetrace_") } == 3, "\(there)")
                try await lab.guest(node, "kill -9 $(pidof fleetrace-agent)")
                try await lab.connected([node])
                killed.send(SIGINT)
                try await killed.exit(within: .seconds(60))
                // `Lab.with` checks that nothing is left.
            }
        }
    }
}
