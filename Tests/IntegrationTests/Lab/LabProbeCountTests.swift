import Foundation
import Testing

extension LabTests {
    /// Probes of the kernel, counted in all ways that a kernel has: the same load, of known size, the same result.
    @Suite(.serialized)
    struct LabProbeCountTests {
        /// Counts on nodes in each way while a command runs there.
        private static func count(
            _ lab: Lab, on nodes: [String], ways: [String], _ arguments: [String], _ script: String
        ) async throws -> [(way: String, records: [CountRecord])] {
            guard !nodes.isEmpty else { return [] }
            var stats: StatWays = []
            for way in ways {
                stats.append(
                    (
                        way,
                        try await lab.stat(
                            arguments + ["--way", way, "--format", "json"] + Lab.on(nodes))
                    ))
            }
            try await lab.guests(script, on: nodes)
            var counted: [(way: String, records: [CountRecord])] = []
            for (way, stat) in stats {
                stat.send(SIGINT)
                let status = try await stat.exit(within: .seconds(60))
                #expect(status == .success, "\(way): \(stat.errors.text)")
                counted.append((way, try CountRecord.parse(stat.output.texts)))
            }
            return counted
        }

        @Test("Signals to no process, fetched from the registers of a system call: by number, sums, and their results")
        func numbers() async throws {
            try await Lab.with { lab in
                let target = 0x2000_0000 + Int.random(in: 0..<0x1000_0000)
                let signals = [0: 7, 1: 5, 2: 11, 9: 2, 18: 13]
                let script =
                    "for s in "
                    + signals.flatMap { Array(repeating: "\($0.key)", count: $0.value) }.joined(separator: " ")
                    + "; do kill -$s \(target); done 2>/dev/null; true"
                // The function gets the address of the registers: di at 112, si at 104 (struct pt_regs).
                let probe = "sent=kprobe:__x64_sys_kill pid=+112($arg1):s32 sig=+104($arg1):s32"
                let event = "probe:sent"
                let selection = ["-p", probe, "-f", "\(event): pid == \(target)"]
                let expected = Dictionary(uniqueKeysWithValues: signals.map { ("\($0.key)", UInt64($0.value)) })
                let (having, _) = try await lab.split(by: .histograms)
                for (nodes, ways) in [(lab.guests, ["ebpf", "decode"]), (having, ["hist"])] {
                    for (way, records) in try await Self.count(
                        lab, on: nodes, ways: ways, selection + ["--by", "sig"], script)
                    {
                        for name in nodes { #expect(records.of(name, event).byKey == expected, "\(name), \(way)") }
                    }
                }
                let sum = Double(signals.reduce(0) { $0 + $1.key * $1.value })
                for (way, records) in try await Self.count(
                    lab, on: lab.guests, ways: ["ebpf", "decode"], selection + ["--sum", "sig", "--max", "sig"], script)
                {
                    for name in lab.guests {
                        #expect(records.of(name, event).map(\.count) == [38], "\(name), \(way)")
                        #expect(records.of(name, event).map(\.values) == [["sum": sum, "max": 18]], "\(name), \(way)")
                    }
                }
            }
        }

        @Test("The time between a kprobe and its kretprobe, and the results of calls, by name of task")
        func returns() async throws {
            try await Lab.with { lab in
                let function = "__x64_sys_clock_nanosleep"
                let ends = ["kprobe:\(function)", "kretprobe:\(function)"]
                let script = "sample 40 2"
                let latency =
                    ["--latency", ends.joined(separator: ","), "--by", "comm"]
                    + ends.flatMap { ["-f", "\($0): comm == \"sample\""] }
                for (way, records) in try await Self.count(
                    lab, on: lab.guests, ways: ["ebpf", "decode"], latency, script)
                {
                    for name in lab.guests {
                        let rows = records.filter { $0.node == name }
                        #expect(rows.total == 40, "\(name), \(way)")
                        #expect(rows.allSatisfy { $0.key?.hasPrefix("sample,") == true }, "\(name), \(way)")
                    }
                }
                let results = [
                    "-p", "slept=kretprobe:\(function) ret=$retval:s64", "-f", "probe:slept: comm == \"sample\"",
                    "--by", "comm,ret",
                ]
                for (way, records) in try await Self.count(
                    lab, on: lab.guests, ways: ["ebpf", "decode"], results, script)
                {
                    for name in lab.guests {
                        #expect(records.of(name, "probe:slept").byKey == ["sample,0": 40], "\(name), \(way)")
                    }
                }
            }
        }

        @Test("The text that a system call is given, from the program's memory, as key and in a filter")
        func texts() async throws {
            try await Lab.with { lab in
                let nodes = try await lab.guests(having: .function("do_sys_openat2"))
                let path = "/tmp/ft\(UInt32.random(in: 0 ... .max))"
                let selection = [
                    "-p", "opened=kprobe:do_sys_openat2 name=+0($arg2):ustring", "-f",
                    "probe:opened: name == \"\(path)\"", "--by", "name",
                ]
                // The same without a probe: programs read the text at the address that the system call is given.
                let event = "syscalls:sys_enter_openat"
                let calls = try await lab.stat(
                    [
                        "-e", event, "-f", "\(event): filename == \"\(path)\"", "--by", "filename.ustring,comm",
                        "--format", "json",
                    ] + Lab.on(nodes))
                for (way, records) in try await Self.count(
                    lab, on: nodes, ways: ["ebpf", "decode"], selection,
                    "for i in 1 2 3 4 5 6 7; do cat \(path); done 2>/dev/null; true")
                {
                    for name in nodes {
                        #expect(records.of(name, "probe:opened").byKey == [path: 7], "\(name), \(way)")
                    }
                }
                calls.send(SIGINT)
                #expect(try await calls.exit(within: .seconds(60)) == .success, "\(calls.errors.text)")
                #expect(!calls.errors.text.contains("by decoded pages"), "\(calls.errors.text)")
                let records = try CountRecord.parse(calls.output.texts)
                for name in nodes {
                    let own = records.of(name, event)
                    let isNamed = own.allSatisfy { $0.key?.hasPrefix("\(path),") == true }
                    #expect(own.total == 7 && isNamed, "\(name): \(own)")
                }
            }
        }
    }
}
