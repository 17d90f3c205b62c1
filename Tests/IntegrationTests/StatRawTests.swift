import CLinux
import Foundation
import Testing

extension IntegrationTests {
    /// Raw tracepoints: system calls of a thread, whose second argument is the call's number.
    @Suite(.serialized, .needsPrograms)
    struct StatRawTests {
        private static let event = "rawtp:sys_enter"
        private static let close: UInt64 = UInt64(SYS_close)

        @Test("Each call once: by name and argument, as histogram, with sum and maximum, plain and between two of them")
        func counts() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let name = SystemCallLoad.freshName()
                let filter = ["-f", "\(Self.event): comm == \"\(name)\" && arg1 == \(Self.close)"]
                let ends = [Self.event, "rawtp:sys_exit"]
                let orders =
                    [
                        ["--by", "comm,arg1"], ["--hist", "arg1"], ["--by", "comm", "--sum", "arg1", "--max", "arg1"],
                        [],
                        ["--by", "cpu"],
                    ].map { ["-e", Self.event] + filter + $0 } + [
                        ["--latency", ends.joined(separator: ","), "--by", "comm"] + filter
                            + ["-f", "\(ends[1]): comm == \"\(name)\" && arg1 == \(UInt64(bitPattern: -9))"],
                        ["-e", "rawtp:sys_enter", "-f", "rawtp:sys_enter: arg1 == 99999"],
                    ]
                var stats: [RunningProcess] = []
                for order in orders { stats.append(try await fleet.stat(order + ["--format", "json"])) }
                try await SystemCallLoad.make(300, as: name)
                var records: [[CountRecord]] = []
                for stat in stats {
                    records.append(try await stat.countRecords())
                    #expect(stat.errors.text.contains("by eBPF"), "\(stat.errors.text)")
                }
                for node in fleet.names {
                    func counted(_ index: Int) -> [CountRecord] { records[index].of(node, Self.event) }
                    #expect(counted(0).byKey == ["\(name),\(Self.close)": 300])
                    #expect(counted(1).byKey == ["3..4": 300])
                    #expect(counted(2).byKey == [name: 300])
                    let values = ["sum": Double(300 * Self.close), "max": Double(Self.close)]
                    #expect(counted(2).map(\.values) == [values])
                    #expect(counted(3).map(\.count) == [300])
                    #expect(counted(4).byKey == ["0": 300])
                    #expect(records[5].of(node, ends.joined(separator: " -> ")).total == 300)
                    #expect(counted(6).map(\.count) == [0])
                }
            }
        }

        @Test(
            "Recording one, other ways, patterns, wrong names, too many arguments and what a policy denies are refused")
        func refused() async throws {
            try await TemporaryFolder.with { folder in
                let policy = try folder.policy("deny event sched:sched_switch\ndeny event rawtp:sys_exit\n")
                try await Fleet.with(agents: 1, Fleet.Options(agentArguments: ["--policy", policy])) { fleet in
                    let orders = [
                        (["trace", "-e", Self.event], "rawtp:sys_enter is a raw tracepoint, which has no record"),
                        (
                            ["stat", "-e", Self.event, "--by", "comm", "--way", "decode"],
                            "only eBPF counts raw tracepoints"
                        ),
                        (["stat", "-e", "rawtp:sys_*"], "a raw tracepoint has its whole name"),
                        (["stat", "-e", "rawtp:sys_entre"], "rawtp:sys_enter"),
                        (["stat", "-e", Self.event, "--by", "arg9"], "sys_enter has fewer arguments than are used"),
                        (["stat", "-e", "\(Self.event),page-faults"], "counted apart from perf's counters"),
                        (["stat", "-e", "rawtp:sched_switch"], "refused by policy: \(policy) line 1"),
                        (["stat", "-e", "rawtp:sys_exit"], "refused by policy: \(policy) line 2"),
                    ]
                    for (arguments, text) in orders {
                        let run = try await fleet.run(
                            arguments + ["--for", "100ms"] + fleet.access, expecting: .exited(1))
                        #expect(run.errors.text.contains(text), "\(arguments): \(run.errors.text)")
                    }
                }
            }
        }
    }
}
