import Foundation
import TestSupport
import Testing

extension IntegrationTests {
    /// Sums, averages and greatest values of fields, cgroups, and latencies that are matched by fields: both ways side by
    /// side, of a load of known size.
    @Suite(.serialized, .needsPrograms)
    struct StatValueTests {
        @Test("The sum, average and maximum of arguments and of negative results, by key and of all events")
        func values() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let name = SystemCallLoad.freshName()
                let exit = "syscalls:sys_exit_close"
                let values = { (field: String) in ["--sum", field, "--avg", field, "--max", field] }
                let filter = ["-e", exit, "-f", "\(exit): comm == \"\(name)\""]
                let arguments = ["-e", SystemCallLoad.event, "-f", SystemCallLoad.filter(name)] + values("fd")
                let calls = try await fleet.stats(arguments + ["--by", "comm,tid"])
                let all = try await fleet.stats(arguments)
                let results = try await fleet.stats(filter + values("ret") + ["--by", "ret"])
                try await SystemCallLoad.make(300, as: name, cpu: 1)
                let first = Double(SystemCallLoad.firstArgument)
                for (way, stat) in calls + all {
                    let records = try await stat.countRecords()
                    for node in fleet.names {
                        let row = try #require(records.of(node).first, "\(way)")
                        #expect(records.of(node).count == 1 && row.count == 300, "\(way)")
                        #expect(
                            row.values == ["sum": 300 * first + 44850, "avg": first + 149.5, "max": first + 299],
                            "\(way)")
                    }
                }
                for (way, stat) in results {
                    let records = try await stat.countRecords()
                    for node in fleet.names {
                        #expect(
                            records.of(node, exit).map(\.values) == [["sum": -2700, "avg": -9, "max": -9]], "\(way)")
                    }
                }
            }
        }

        @Test("Local nodes add up over each other, in a table for people; a full table's other has values, too")
        func local() async throws {
            let name = SystemCallLoad.freshName()
            let stat = try RunningProcess([
                try Executables.fleetrace(), "stat", "--local", "2", "-e", SystemCallLoad.event, "-f",
                SystemCallLoad.filter(name), "--by", "fd", "--table", "1", "--sum", "fd", "--max", "fd", "--way",
                "ebpf",
            ])
            try await eventually("it counts") { stat.errors.text.contains("counting 1 event on 2 nodes") }
            try await SystemCallLoad.make(3, as: name)
            stat.send(SIGINT)
            #expect(try await stat.exit() == .success)
            let first = UInt64(SystemCallLoad.firstArgument)
            let lines = stat.output.texts.map { $0.replacingOccurrences(of: ",", with: "") }
            #expect(
                lines.contains { $0.contains(" \(first) ") && $0.contains(" 2  ") && $0.contains(" \(2 * first) ") })
            #expect(
                lines.contains { $0.contains("(other: table full)") && $0.contains(" \(4 * first + 6) ") },
                "\(stat.output.text)")
        }

        @Test(
            "By cgroup: its path and its number; a node that can only decode refuses with the reason",
            .enabled(if: CgroupFolder.isPossible, "SKIPPED, not tested: no cgroup2 that can be written"))
        func cgroups() async throws {
            let folder = try CgroupFolder()
            defer { folder.remove() }
            try await Fleet.with(agents: 1) { fleet in
                let target = 0x2000_0000 + Int.random(in: 0..<0x1000_0000)
                let event = "syscalls:sys_enter_kill"
                let selection = ["-e", event, "-f", "\(event): pid == \(target)", "--by", "cgroup,cgroup_id"]
                let stats = try await fleet.stats(selection, ways: ["ebpf"])
                let script = "for i in 1 2 3 4 5 6 7; do kill -0 \(target) 2>/dev/null; done"
                _ = try await RunningProcess([
                    "sh", "-c", "echo $$ > \(folder.folder)/cgroup.procs; \(script); exit 0",
                ]).exit()
                let records = try await stats[0].stat.countRecords()
                #expect(records.of(fleet.names[0], event).byKey == ["\(folder.path),\(folder.id)": 7])
                let refused = try await fleet.run(
                    ["stat"] + selection + ["--way", "decode", "--for", "1s"] + fleet.access, expecting: .exited(1))
                #expect(refused.errors.text.contains("only eBPF counts by cgroup"), "\(refused.errors.text)")
            }
        }

        @Test("Latency by a shared field: the life of each child, from its parent's fork to its own exit")
        func match() async throws {
            try await Fleet.with(agents: 2) { fleet in
                try await TemporaryFolder.with { folder in
                    let name = SystemCallLoad.freshName()
                    let program = folder.file(name)
                    #expect(try await RunningProcess(["cp", "-L", "/bin/sh", program]).exit() == .success)
                    let events = ["task:task_newtask", "sched:sched_process_exit"]
                    let arguments =
                        ["--latency", events.joined(separator: ","), "--match", ".pid"]
                        + events.flatMap { ["-f", "\($0): comm == \"\(name)\""] }
                    let stats = try await fleet.stats(arguments + ["--by", "comm"])
                    let run = "i=0; while [ $i -lt 25 ]; do (:); i=$((i+1)); done"
                    #expect(try await RunningProcess([program, "-c", run]).exit() == .success)
                    for (way, stat) in stats {
                        let records = try await stat.countRecords()
                        for node in fleet.names {
                            let counted = records.of(node, events.joined(separator: " -> "))
                            #expect(counted.total == 25, "\(way)")
                            #expect(counted.allSatisfy { $0.key?.hasPrefix("\(name),") == true })
                        }
                        // The shell itself was made under another name.
                        #expect(stat.errors.text.contains("2 exits without an entry"), "\(way): \(stat.errors.text)")
                    }
                }
            }
        }

        @Test("What is no field, no number, or in one of the events only, is refused with the reason")
        func refused() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let (switched, wakeup) = ("sched:sched_switch", "sched:sched_wakeup")
                let latency = ["--latency", "\(wakeup),\(switched)"]
                for (arguments, text) in [
                    (["-e", switched, "--sum", "prev_comm"], "has no sum or average"),
                    (["-e", switched, "--max", "nosuch"], "has no field \"nosuch\""),
                    (latency + ["--match", "prev_pid"], "sched:sched_wakeup has no field \"prev_pid\""),
                    (latency + ["--match", "comm"], "entry and exit cannot be matched by it"),
                ] {
                    let run = try await fleet.run(
                        ["stat"] + arguments + ["--for", "1s"] + fleet.access, expecting: .exited(1))
                    #expect(run.errors.text.contains(text), "\(run.errors.text)")
                }
            }
        }
    }
}
