import Foundation
import Testing

extension IntegrationTests {
    /// Counts by key, histograms and latencies of known loads, decoded.
    @Suite(.serialized)
    struct StatTableTests {
        private static let event = SystemCallLoad.event

        /// Counts while `load` runs, and returns the records.
        private static func count(
            _ fleet: Fleet, _ arguments: [String], expecting: ExitStatus = .success,
            _ load: () async throws -> Void
        ) async throws -> (records: [CountRecord], process: RunningProcess) {
            let isTable = !Set(arguments).isDisjoint(with: ["--by", "--hist", "--latency"])
            let stat = try await fleet.stat(
                arguments + (isTable ? ["--way", "decode"] : []) + ["--format", "json"])
            try await load()
            stat.send(SIGINT)
            let status = try await stat.exit()
            #expect(status == expecting, "\(stat.errors.text)")
            return (try CountRecord.parse(stat.output.texts), stat)
        }

        @Test("By a field: each value once; a full table counts the rest as other")
        func byField() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let name = SystemCallLoad.freshName()
                let selection = ["-e", Self.event, "-f", SystemCallLoad.filter(name), "--by", "fd"]
                let whole = try await Self.count(fleet, selection) { try await SystemCallLoad.make(300, as: name) }
                let small = try await Self.count(fleet, selection + ["--table", "40"]) {
                    try await SystemCallLoad.make(300, as: name)
                }
                let first = UInt64(SystemCallLoad.firstArgument)
                for node in fleet.names {
                    #expect(
                        whole.records.of(node).byKey
                            == Dictionary(uniqueKeysWithValues: (0..<300).map { ("\(first + UInt64($0))", 1) }))
                    var expected = Dictionary(
                        uniqueKeysWithValues: (0..<40).map { ("\(first + UInt64($0))", UInt64(1)) })
                    expected["other"] = 260
                    #expect(small.records.of(node).byKey == expected)
                }
                #expect(
                    whole.process.errors.text.contains("\(fleet.names.joined(separator: ", ")) by decoded pages"),
                    "\(whole.process.errors.text)")
                try await eventually("no instance remains: \(fleet.instances)") { fleet.instances.isEmpty }
            }
        }

        @Test("By task name and CPU, of threads that are named while it counts; the table adds up the nodes")
        func byComm() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let (one, other) = (SystemCallLoad.freshName(), SystemCallLoad.freshName())
                let selection = [
                    "-e", Self.event, "-f", "\(Self.event): fd >= \(SystemCallLoad.firstArgument)", "--by",
                ]
                let run = {
                    try await SystemCallLoad.make(777, as: one, cpu: 0)
                    try await SystemCallLoad.make(888, as: other, cpu: 1)
                }
                let records = try await Self.count(fleet, selection + ["comm,cpu"], run).records
                for node in fleet.names {
                    #expect(records.of(node).byKey == ["\(one),0": 777, "\(other),1": 888])
                }
                let stat = try await fleet.stat(selection + ["comm", "--top", "1"])
                try await run()
                stat.send(SIGINT)
                try await stat.exit()
                let rows = stat.output.texts.dropFirst().map { $0.split(separator: " ").map(String.init) }
                #expect(rows.first.map { Array($0[1...2]) } == [other, "1,776"], "\(stat.output.text)")
                #expect(rows.last.map { Array($0[1...3]) } == ["(1", "more)", "1,554"], "\(stat.output.text)")
            }
        }

        @Test("CSV: a line for each node and key, or each key; shares of the whole in the table")
        func csv() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let name = SystemCallLoad.freshName()
                let selection = ["-e", Self.event, "-f", SystemCallLoad.filter(name), "--by"]
                let first = SystemCallLoad.firstArgument
                func lines(_ arguments: [String], _ calls: UInt64) async throws -> [String] {
                    let stat = try await fleet.stat(selection + arguments)
                    try await SystemCallLoad.make(calls, as: name)
                    stat.send(SIGINT)
                    try await stat.exit()
                    return stat.output.texts
                }
                let csv = try await lines(["node,fd", "--format", "csv"], 3)
                #expect(csv.first == "event,node,key,count,enabled_ns,running_ns,state")
                var expected: Set<String> = []
                for node in fleet.names {
                    for fd in first..<first + 3 { expected.insert("\(Self.event),\(node),\(fd),1,0,0,") }
                }
                #expect(Set(csv.dropFirst()) == expected)
                #expect(csv.count == 7)
                let two = try await lines(["fd,cpu", "--format", "csv"], 1)
                #expect(two.count == 3 && two.first == "event,node,fd,cpu,count,enabled_ns,running_ns,state")
                for line in two.dropFirst() {
                    #expect(line.contains(",\(first),") && line.hasSuffix(",1,0,0,"), "\(two)")
                }

                let table: [[String]] = try await lines(["fd"], 4).map { $0.split(separator: " ").map(String.init) }
                #expect(table.first?.last == "SHARE" && table.count == 5, "\(table)")
                for row in table.dropFirst() { #expect(row[2] == "2" && row.suffix(2) == ["25.0", "%"], "\(table)") }
            }
        }

        @Test("A histogram of a field, and of one that is negative")
        func histogram() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let name = SystemCallLoad.freshName()
                let enter = try await Self.count(
                    fleet, ["-e", Self.event, "-f", SystemCallLoad.filter(name), "--hist", "fd"]
                ) { try await SystemCallLoad.make(500, as: name) }
                let exit = "syscalls:sys_exit_close"
                let leave = try await Self.count(
                    fleet, ["-e", exit, "-f", "\(exit): comm == \"\(name)\"", "--hist", "ret", "--by", "comm"]
                ) { try await SystemCallLoad.make(500, as: name) }
                for node in fleet.names {
                    // The first is itself a power of two.
                    #expect(
                        enter.records.of(node).byKey == [
                            "\((1 << 28) + 1)..\(1 << 29)": 1, "\((1 << 29) + 1)..\(1 << 30)": 499,
                        ])
                    #expect(leave.records.of(node, exit).byKey == ["\(name),< 0": 500])
                }
            }
        }

        @Test("Latency: each sleep once, not shorter than requested, not longer than the sleeper measured")
        func latency() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let name = SystemCallLoad.freshName()
                let events = ["enter", "exit"].map { "syscalls:sys_\($0)_clock_nanosleep" }
                let filters = events.flatMap { ["-f", "\($0): comm == \"\(name)\""] }
                let ordered = 5_000_000
                var measured: [UInt64] = []
                let records = try await Self.count(
                    fleet, ["--latency", events.joined(separator: ",")] + filters
                ) { measured = await SleepLoad.run(name, times: 60, nanoseconds: ordered) }.records
                for node in fleet.names {
                    let counted = records.of(node, events.joined(separator: " -> "))
                    #expect(counted.total == 60)
                    // The kernel measures a shorter time than the load, so at least as many sleeps end at or below a power of two.
                    for power in 10..<40 {
                        let limit = UInt64(1) << power
                        let below = counted.filter { Self.end(of: $0.key) <= limit }.total
                        #expect(below >= UInt64(measured.count { $0 <= limit }), "up to \(limit) ns: \(counted)")
                        if limit < ordered { #expect(below == 0) }
                    }
                }
            }
        }

        /// The larger number of `4097..8192`.
        private static func end(of bucket: String?) -> UInt64 {
            bucket?.components(separatedBy: "..").last.flatMap { UInt64($0) } ?? 0
        }

        @Test("What came too fast to be read is counted as lost: no event is missing unnoticed")
        func lost() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let name = SystemCallLoad.freshName()
                let calls: UInt64 = 400_000
                let (records, stat) = try await Self.count(
                    fleet,
                    ["-e", Self.event, "-f", SystemCallLoad.filter(name), "--by", "pid", "--buffer", "8"],
                    expecting: .exited(1)
                ) { try await SystemCallLoad.make(calls, as: name) }
                let problem = try #require(
                    stat.errors.texts.first { $0.hasPrefix("problem:") && $0.contains("faster") }, "\(stat.errors.text)"
                )
                let lost = problem.split(separator: " ").compactMap { UInt64($0) }.first ?? 0
                #expect(lost > 0)
                #expect(records.total + lost == calls)
            }
        }

        @Test("A key that is no field is refused and the fields are listed, also when only one of the events lacks it")
        func unknownField() async throws {
            try await Fleet.with(agents: 1) { fleet in
                for arguments in [
                    ["-e", Self.event, "--by", "nosuch"], ["-e", Self.event, "--hist", "nosuch"],
                    ["-e", Self.event, "-e", "syscalls:sys_enter_openat", "--by", "nosuch"],
                ] {
                    let stat = try await fleet.run(["stat"] + arguments + fleet.access, expecting: .exited(1))
                    #expect(stat.errors.text.contains("has no field \"nosuch\"; it has "), "\(stat.errors.text)")
                    #expect(stat.errors.text.contains("fd, common_type"), "\(stat.errors.text)")
                }
                let mixed = try await fleet.run(
                    ["stat", "-e", Self.event, "-e", "syscalls:sys_enter_openat", "--by", "filename"] + fleet.access,
                    expecting: .exited(1))
                #expect(mixed.errors.text.contains("\(Self.event) has no field"), "\(mixed.errors.text)")
                let several = try await fleet.run(
                    ["stat", "--latency", "\(Self.event),syscalls:sys_exit_o*"] + fleet.access, expecting: .exited(1))
                #expect(several.errors.text.contains("one event each"), "\(several.errors.text)")
                #expect(fleet.instances.isEmpty)
            }
        }

        @Test("Probes: counted plainly, by key and as a histogram; none is left in the kernel")
        func probes() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let name = SystemCallLoad.freshName()
                let probe = "uprobe:/usr/lib/x86_64-linux-gnu/libc.so.6:close fd=$arg1:u32"
                let filter = ["-f", "probe:close: comm == \"\(name)\""]
                let plain = try await Self.count(fleet, ["-p", probe] + filter) {
                    try await SystemCallLoad.make(640, as: name)
                }
                let keyed = try await Self.count(fleet, ["-p", probe, "--hist", "fd"] + filter) {
                    try await SystemCallLoad.make(640, as: name)
                }
                for node in fleet.names {
                    #expect(plain.records.of(node, "probe:close").map(\.count) == [640])
                    #expect(keyed.records.of(node, "probe:close").total == 640)
                    #expect(keyed.records.of(node, "probe:close").count == 2)
                }
                try await eventually("no probe remains") {
                    let events = try String(contentsOfFile: "\(TracefsState.root ?? "")/uprobe_events", encoding: .utf8)
                    return fleet.instances.isEmpty && !events.contains(":close")
                }
            }
        }
    }
}
