import Foundation
import Testing

extension IntegrationTests {
    /// The ways of making a table, side by side: the same load, of known size, at the same time.
    @Suite(.serialized, .needsPrograms)
    struct StatWayTests {
        private static let event = SystemCallLoad.event
        private static let texts = ["ebpf": "eBPF", "decode": "decoded pages"]

        /// Counts in all ways at once while `load` runs, and expects of each way and node exactly `expected`.
        private static func expect(
            _ fleet: Fleet, _ arguments: [String], of event: String = event, _ expected: [String: UInt64],
            _ load: () async throws -> Void
        ) async throws {
            let stats = try await fleet.stats(arguments)
            try await load()
            for (way, stat) in stats {
                let records = try await stat.countRecords()
                for node in fleet.names {
                    #expect(records.of(node, event).byKey == expected, "\(way): \(arguments)")
                }
                let line = stat.errors.texts.first { $0.hasPrefix("counted for ") } ?? ""
                #expect(line.contains("\(fleet.names.joined(separator: ", ")) by \(texts[way] ?? "")"), "\(line)")
            }
        }

        @Test("By number, by name, by both and CPU; histograms with and without keys; negative values")
        func keys() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let name = SystemCallLoad.freshName()
                let calls = ["-e", Self.event, "-f", SystemCallLoad.filter(name)]
                let first = UInt64(SystemCallLoad.firstArgument)
                let run = { try await SystemCallLoad.make(300, as: name, cpu: 1) }
                let numbers = Dictionary(uniqueKeysWithValues: (0..<300).map { ("\(first + UInt64($0))", UInt64(1)) })
                try await Self.expect(fleet, calls + ["--by", "fd"], numbers, run)
                try await Self.expect(fleet, calls + ["--by", "comm"], [name: 300], run)
                try await Self.expect(fleet, calls + ["--by", "comm,cpu"], ["\(name),1": 300], run)
                let buckets = ["\((1 << 28) + 1)..\(1 << 29)", "\((1 << 29) + 1)..\(1 << 30)"]
                try await Self.expect(fleet, calls + ["--hist", "fd"], [buckets[0]: 1, buckets[1]: 299], run)
                try await Self.expect(
                    fleet, calls + ["--hist", "fd", "--by", "comm"],
                    ["\(name),\(buckets[0])": 1, "\(name),\(buckets[1])": 299], run)
                let exit = "syscalls:sys_exit_close"
                try await Self.expect(
                    fleet, ["-e", exit, "-f", "\(exit): comm == \"\(name)\"", "--by", "comm,ret"], of: exit,
                    ["\(name),-9": 300], run)
                try await Self.expect(
                    fleet, ["-e", exit, "-f", "\(exit): comm == \"\(name)\"", "--hist", "ret"], of: exit,
                    ["< 0": 300], run)
            }
        }

        @Test("A full table keeps the keys that came first with all their counts, and counts the rest as other")
        func full() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let name = SystemCallLoad.freshName()
                let first = UInt64(SystemCallLoad.firstArgument)
                var expected = Dictionary(uniqueKeysWithValues: (0..<40).map { ("\(first + UInt64($0))", UInt64(3)) })
                expected["other"] = 780
                try await Self.expect(
                    fleet, ["-e", Self.event, "-f", SystemCallLoad.filter(name), "--by", "fd", "--table", "40"],
                    expected
                ) { for cpu in [0, 1, 0] { try await SystemCallLoad.make(300, as: name, cpu: cpu) } }
            }
        }

        @Test(
            "Filters: numbers with and without a sign, bits, names, negated, nested and by their beginning",
            arguments: [
                ("fd >= FIRST && fd < FIRST + 10", 10), ("fd & 1 && !(fd < FIRST)", 150),
                ("comm ~ \"NAME*\" && (fd == FIRST || fd == FIRST + 7)", 2), ("fd > FIRST && comm != \"NAME\"", 0),
                ("common_pid > 0 && CPU == 0 && fd != FIRST", 299),
            ])
        func filters(_ filter: String, _ count: UInt64) async throws {
            let first = SystemCallLoad.firstArgument
            let name = SystemCallLoad.freshName()
            let text = filter.replacingOccurrences(of: "FIRST + 10", with: "\(first + 10)")
                .replacingOccurrences(of: "FIRST + 7", with: "\(first + 7)")
                .replacingOccurrences(of: "FIRST", with: "\(first)").replacingOccurrences(of: "NAME", with: name)
            try await Fleet.with(agents: 1) { fleet in
                try await Self.expect(
                    fleet,
                    ["-e", Self.event, "-f", "\(Self.event): (\(text)) && comm == \"\(name)\"", "--by", "comm"],
                    count == 0 ? [:] : [name: count]
                ) { try await SystemCallLoad.make(300, as: name) }
            }
        }

        @Test("Texts: of fixed size, of any length, two of them, and with a filter that compares them")
        func texts() async throws {
            try await Fleet.with(agents: 2) { fleet in
                try await TemporaryFolder.with { folder in
                    let name = SystemCallLoad.freshName()
                    let rename = "task:task_rename"
                    let program = folder.file("\(name)-" + String(repeating: "x", count: 120))
                    try FileManager.default.copyItem(atPath: "/usr/bin/true", toPath: program)
                    let exec = "sched:sched_process_exec"
                    let run = {
                        for _ in 0..<25 { try await RunningProcess([program]).exit() }
                    }
                    let filter = ["-e", exec, "-f", "\(exec): filename == \"\(program)\""]
                    try await Self.expect(fleet, filter + ["--by", "filename"], of: exec, [program: 25], run)
                    let task = String((program as NSString).lastPathComponent.prefix(15))
                    try await Self.expect(
                        fleet, filter + ["--by", "filename,comm"], of: exec, ["\(program),\(task)": 25], run)
                    try await Self.expect(
                        fleet,
                        ["-e", rename, "-f", "\(rename): newcomm == \"\(task)\"", "--by", "newcomm"], of: rename,
                        [task: 25], run)
                }
            }
        }

        @Test("Latency: each sleep once, in its power of two; ends without a beginning are stated")
        func latency() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let name = SystemCallLoad.freshName()
                let events = ["enter", "exit"].map { "syscalls:sys_\($0)_clock_nanosleep" }
                let filters = events.flatMap { ["-f", "\($0): comm == \"\(name)\""] }
                let selection = ["--latency", events.joined(separator: ",")]
                let stats = try await fleet.stats(selection + ["--by", "comm"] + filters)
                let unmatched = try await fleet.stats(
                    selection + ["-f", "\(events[0]): flags == 77", "-f", "\(events[1]): comm == \"\(name)\""])
                let measured = await SleepLoad.run(name, times: 60, nanoseconds: 5_000_000)
                for (way, stat) in stats {
                    let records = try await stat.countRecords()
                    for node in fleet.names {
                        let counted = records.of(node, events.joined(separator: " -> "))
                        #expect(counted.total == 60, "\(way)")
                        for power in 10..<40 {
                            let limit = UInt64(1) << power
                            let below = counted.filter { Self.end(of: $0.key) <= limit }.total
                            #expect(below >= UInt64(measured.count { $0 <= limit }), "\(way), up to \(limit)")
                            if limit < 5_000_000 { #expect(below == 0, "\(way)") }
                        }
                    }
                }
                for (way, stat) in unmatched {
                    #expect(try await stat.countRecords().total == 0)
                    #expect(stat.errors.text.contains("120 exits without an entry"), "\(way): \(stat.errors.text)")
                }
            }
        }

        /// The larger number of `NAME,4097..8192`.
        private static func end(of key: String?) -> UInt64 {
            key?.components(separatedBy: "..").last.flatMap { UInt64($0) } ?? 0
        }

        @Test("At full speed nothing is lost, and plain counters of the same event, on both CPUs, count as they did")
        func fast() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let names = [SystemCallLoad.freshName(), SystemCallLoad.freshName()]
                let filter = [
                    "-e", Self.event, "-f", names.map { "comm == \"\($0)\"" }.joined(separator: " || ").asFilter,
                ]
                let plain = try await fleet.stat(filter + ["--format", "json"])
                let keyed = try await fleet.stat(
                    filter + ["--by", "comm", "--way", "ebpf", "--format", "json", "--interval", "50ms"])
                let calls: UInt64 = 400_000
                async let other: Void = SystemCallLoad.make(calls, as: names[1], cpu: 1)
                try await SystemCallLoad.make(calls, as: names[0], cpu: 0)
                try await other
                let counted = try await keyed.countRecords()
                let counters = try await plain.countRecords()
                for node in fleet.names {
                    #expect(counted.of(node).byKey == [names[0]: calls, names[1]: calls])
                    #expect(counters.of(node).total == 2 * calls)
                }
            }
        }

        @Test("Programs and maps are gone when the session ends, and when the agent is killed")
        func killed() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let selection = ["-e", Self.event, "--by", "comm", "--way", "ebpf"]
                let pid = try #require(fleet.agent(fleet.names[0])?.pid)
                let ended = try await fleet.stat(selection)
                let first = try ProgramObjects(heldBy: pid)
                #expect(first.programs.count == 1 && first.maps.count == 6 && first.present.count == 7)
                ended.send(SIGINT)
                try await ended.exit()
                try await eventually("nothing remains: \(first.present)") { first.present.isEmpty }

                let left = try await fleet.stat(selection)
                let second = try ProgramObjects(heldBy: pid)
                #expect(second.present.count == 7)
                fleet.agent(fleet.names[0])?.kill()
                try await eventually("nothing remains: \(second.present)") { second.present.isEmpty }
                left.send(SIGINT)
                #expect(try await left.exit() == .exited(1))
            }
        }

        @Test("A policy without eBPF, or with too little memory for its maps: another way, and a refusal of this one")
        func policy() async throws {
            try await TemporaryFolder.with { folder in
                let file = try folder.policy("deny ebpf\n")
                let small = try folder.policy("limit buffer 64K\n", named: "small")
                let options = Fleet.Options(singleArguments: [["--policy", file], ["--policy", small]])
                try await Fleet.with(agents: 2, options) { fleet in
                    let selection = ["stat", "-e", Self.event, "--by", "comm", "--for", "100ms"] + fleet.access
                    let usual = try await fleet.run(selection)
                    for rule in ["\(file) line 1: deny ebpf", "\(small) line 1: limit buffer 64K (eBPF maps of "] {
                        #expect(usual.errors.text.contains("no eBPF: refused by policy: \(rule)"))
                    }
                    let demanded = try await fleet.run(selection + ["--way", "ebpf"], expecting: .exited(1))
                    #expect(
                        demanded.errors.text.contains("eBPF cannot count this: refused by policy: \(file) line 1"),
                        "\(demanded.errors.text)")
                }
            }
        }

        @Test("A way that cannot make a table is refused with the reason; one for plain counts is a usage error")
        func refused() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let pattern = try await fleet.run(
                    [
                        "stat", "-e", Self.event, "--by", "comm", "-f", "\(Self.event): comm ~ \"*x\"", "--way", "ebpf",
                        "--for", "100ms",
                    ] + fleet.access, expecting: .exited(1))
                #expect(
                    pattern.errors.text.contains("eBPF cannot count this: of patterns a program knows only"),
                    "\(pattern.errors.text)")
                let plain = try await fleet.run(
                    ["stat", "-e", Self.event, "--way", "decode"] + fleet.access, expecting: .exited(64))
                #expect(plain.errors.text.contains("a way of counting can be chosen for keys"))
            }
        }
    }
}

extension String {
    fileprivate var asFilter: String { "\(SystemCallLoad.event): \(self)" }
}
