import Foundation
import Testing

extension IntegrationTests {
    /// Probes of a program with known calls, counted by eBPF from its registers and memory, and decoded from its records.
    @Suite(
        .serialized, .needsPrograms,
        .enabled(if: KernelProbes.missing == nil, "SKIPPED, not tested: \(KernelProbes.missing ?? "")"))
    struct StatProbeTests {
        private static let calls = 100
        private static let event = "probe:probed"
        private static let arguments =
            "a=+0(+0($arg1)):s64 b=+8(+0($arg1)):s32 c=+12(+0($arg1)):u8 name=+0(+8($arg1)):string "
            + "text=+0($arg2):ustring n=$arg3:s64 small=$arg4:s16 seventh=$arg7:u64 task=$comm"

        /// Counts in both ways at once while the program makes its calls, and expects the same of each way and node.
        private static func expect(
            _ order: (_ program: String) -> [String], of event: String = event, _ expected: [String: UInt64],
            values: [[String: Double]]? = nil
        ) async throws {
            try await Fleet.with(agents: 2) { fleet in
                try await TemporaryFolder.with { folder in
                    let program = try await CompiledProgram.make(CompiledProgram.arguments, as: "probed", in: folder)
                    let stats = try await fleet.stats(order(program))
                    #expect(try await RunningProcess([program, "\(calls)"]).exit() == .success)
                    for (way, stat) in stats {
                        let records = try await stat.countRecords()
                        for node in fleet.names {
                            #expect(records.of(node, event).byKey == expected, "\(way): \(order(""))")
                            if let values { #expect(records.of(node, event).map(\.values) == values, "\(way)") }
                        }
                        let text = way == "ebpf" ? "eBPF" : "decoded pages"
                        #expect(stat.errors.text.contains(" by \(text)"), "\(stat.errors.text)")
                    }
                }
                try await eventually("no probe remains") { KernelProbes.lines(of: fleet.names).isEmpty }
            }
        }

        private static func probe(_ program: String) -> [String] { ["-p", "uprobe:\(program):probed \(arguments)"] }

        @Test("Texts of a program's memory, at an address and at an address in memory, long ones cut; by name of task")
        func texts() async throws {
            let long = String(repeating: "x", count: 255)
            try await Self.expect({ Self.probe($0) + ["--by", "text"] }, ["even": 50, "odd": 49, long: 1])
            try await Self.expect({ Self.probe($0) + ["--by", "name,comm"] }, ["inner-name,probed": 100])
            try await Self.expect({ Self.probe($0) + ["--by", "task"] }, ["probed": 100])
        }

        @Test("Numbers of all sizes, from registers, memory and the stack: keys, histograms, sums and maxima")
        func numbers() async throws {
            try await Self.expect({ Self.probe($0) + ["--by", "b,c"] }, ["-70000,250": 100])
            try await Self.expect({ Self.probe($0) + ["--hist", "a"] }, ["0": 1, "< 0": 99])
            for (field, sum, most) in [
                ("a", -4950.0, 0.0), ("small", -4950, 0), ("seventh", 104_950, 1099), ("c", 25000, 250),
            ] {
                try await Self.expect(
                    { Self.probe($0) + ["--by", "comm", "--sum", field, "--max", field] }, ["probed": 100],
                    values: [["sum": sum, "max": most]])
            }
        }

        @Test("Filters that compare fetched texts and numbers")
        func filters() async throws {
            let filter = { (text: String) in ["--by", "comm", "-f", "\(Self.event): \(text)"] }
            try await Self.expect({ Self.probe($0) + filter("text == \"odd\" && n > 49") }, ["probed": 25])
            try await Self.expect({ Self.probe($0) + filter("text != \"odd\" && name ~ \"inner*\"") }, ["probed": 51])
        }

        @Test("Returns by result, and the time of each call between a probe and its return")
        func returns() async throws {
            let ret = { (program: String) in "uretprobe:\(program):probed" }
            let event = "probe:probed__return"
            try await Self.expect(
                { ["-p", ret($0) + " ret=$retval:s64", "--by", "comm", "--sum", "ret", "--max", "ret"] }, of: event,
                ["probed": 100], values: [["sum": -4950, "max": 0]])
            try await Fleet.with(agents: 1) { fleet in
                try await TemporaryFolder.with { folder in
                    let program = try await CompiledProgram.make(CompiledProgram.arguments, as: "probed", in: folder)
                    let stats = try await fleet.stats(
                        ["--latency", "uprobe:\(program):probed,\(ret(program))", "--by", "comm"])
                    #expect(try await RunningProcess([program, "\(Self.calls)"]).exit() == .success)
                    for (way, stat) in stats {
                        let records = try await stat.countRecords()
                        #expect(records.total == 100, "\(way)")
                        #expect(records.allSatisfy { $0.key?.hasPrefix("probed,") == true })
                    }
                }
            }
        }

        @Test("A text that cannot be read is (fault) both ways, an empty one is empty; a number is counted as lost")
        func unreadable() async throws {
            try await Fleet.with(agents: 1) { fleet in
                try await TemporaryFolder.with { folder in
                    let program = try await CompiledProgram.make(CompiledProgram.texts, as: "texts", in: folder)
                    let probe = "uprobe:\(program):text"
                    let stats = try await fleet.stats(["-p", "\(probe) s=+0($arg1):string", "--by", "s"])
                    let numbers = try await fleet.stat(
                        ["-p", "\(probe) c=+0($arg1):u8", "--by", "c", "--way", "ebpf", "--format", "json"])
                    #expect(try await RunningProcess([program]).exit() == .success)
                    for (way, stat) in stats {
                        let records = try await stat.countRecords()
                        #expect(records.byKey == ["": 1, "x": 1, "(fault)": 2], "\(way)")
                    }
                    numbers.send(SIGINT)
                    #expect(try await numbers.exit() == .exited(1))
                    let records = try CountRecord.parse(numbers.output.texts)
                    #expect(records.byKey == ["0": 1, "120": 1], "\(numbers.errors.text)")
                    let lost = ": 2 events, at most, are not counted"
                    #expect(numbers.errors.text.contains(lost), "\(numbers.errors.text)")
                }
            }
        }

        @Test("At full speed on two CPUs: all calls, the sum and the maximum; nothing remains when the agent is killed")
        func fast() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let names = [SystemCallLoad.freshName(), SystemCallLoad.freshName()]
                let stat = try await fleet.stat([
                    "-p", "uprobe:/usr/lib/x86_64-linux-gnu/libc.so.6:close fd=$arg1:u32", "-f",
                    "probe:close: comm == \"\(names[0])\" || comm == \"\(names[1])\"", "--max", "fd", "--sum", "fd",
                    "--way", "ebpf", "--format", "json",
                ])
                let pid = try #require(fleet.agent(fleet.names[0])?.pid)
                let calls: UInt64 = 20_000
                async let other: Void = SystemCallLoad.make(calls, as: names[1], cpu: 1)
                try await SystemCallLoad.make(calls, as: names[0], cpu: 0)
                try await other
                let first = Double(SystemCallLoad.firstArgument)
                let row = try #require(try await stat.countRecords().first)
                #expect(row.count == 2 * calls)
                let last = Double(calls - 1)
                #expect(row.values == ["sum": 2 * Double(calls) * (first + last / 2), "max": first + last])

                let left = try await fleet.stat([
                    "-p", KernelProbes.shellProbe, "--by", "text", "--way", "ebpf", "--format", "json",
                ])
                let held = try ProgramObjects(heldBy: pid)
                #expect(held.programs.count == 1 && held.present.count == 7, "\(held.present)")
                fleet.agent(fleet.names[0])?.kill()
                try await eventually("nothing remains: \(held.present)") { held.present.isEmpty }
                try await eventually("no probe remains") { KernelProbes.lines(of: fleet.names).isEmpty }
                left.send(SIGINT)
                #expect(try await left.exit() == .exited(1))
            }
        }

        @Test("What a program does not fetch is counted in another way, with the reason; demanded, it is refused")
        func declined() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let probe = "uprobe:\(KernelProbes.shell):parse_and_execute x=+0($arg1):b4@0/8 y=@+0x10:u64"
                for (key, reason) in [
                    ("x", "a program does not fetch the type b4@0/8"), ("y", "a program does not fetch @+0x10:u64"),
                    ("__probe_ip", "a program does not know where its probe is"),
                ] {
                    let count = ["stat", "-p", probe, "--by", key, "--for", "100ms"] + fleet.access
                    let run = try await fleet.run(count + ["--way", "ebpf"], expecting: .exited(1))
                    #expect(run.errors.text.contains("eBPF cannot count this: \(reason)"), "\(run.errors.text)")
                    let usual = try await fleet.run(count)
                    #expect(
                        usual.errors.text.contains("no eBPF: \(reason)")
                            || usual.errors.text.contains("by the kernel's tables"), "\(usual.errors.text)")
                }
            }
        }
    }
}
