import Foundation
import Testing

extension IntegrationTests {
    /// Sessions on disk: `report` prints what was recorded, also with a full disk or damaged files.
    @Suite(.serialized)
    struct RecordReportTests {
        /// A session of both nodes with numbered calls on both CPUs.
        private static func recordCalls(_ fleet: Fleet, seconds: Int = 2) async throws -> String {
            let path = fleet.folder.file("session")
            let loads = [SystemCallLoad(cpu: 0, rate: 600), SystemCallLoad(cpu: 1, rate: 600)]
            let filter = "\(SystemCallLoad.event): comm == \"\(loads[0].name)\" || comm == \"\(loads[1].name)\""
            let record = try await fleet.record(
                ["-e", SystemCallLoad.event, "-f", filter, "--for", "\(seconds)s"], into: path)
            let status = try await record.exit()
            for load in loads { try await load.stop() }
            #expect(status == .success, "\(record.errors.text)")
            #expect(AccountLine.all(in: record.errors.texts).count { $0.balances && $0.lost == 0 } == 2)
            return path
        }

        @Test("report prints what was recorded, and its filters select from it")
        func filters() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let path = try await Self.recordCalls(fleet)
                let all = try await fleet.report(path).events
                let rows = try await fleet.summary(path)
                #expect(rows.reduce(0) { $0 + $1.received } == UInt64(all.count))
                #expect(all.isInOrder && all.count > 2000)
                #expect(Set(all.compactMap(\.cpu)) == [0, 1])

                let node = try await fleet.report(path, ["--node", fleet.names[1]]).events
                #expect(node.map(\.time) == all.filter { $0.node == fleet.names[1] }.map(\.time))
                let cpu = try await fleet.report(path, ["--cpu", "1"]).events
                #expect(cpu.map(\.time) == all.filter { $0.cpu == 1 }.map(\.time))
                let begin = try #require(all.first?.time)
                let part = try await fleet.report(path, ["--since", "500ms", "--until", "1.25s"]).events
                let expected = all.filter { $0.time >= begin + 500_000_000 && $0.time <= begin + 1_250_000_000 }
                #expect(part.map(\.time) == expected.map(\.time))
                #expect(!expected.isEmpty && expected.count < all.count)
                let middle = all[all.count / 2]
                let fd = try #require(middle.number("fd"))
                let condition = try await fleet.report(path, ["--where", "fd == \(fd)"]).events
                #expect(condition.map(\.time) == all.filter { $0.number("fd") == fd }.map(\.time))
                let comm = try #require(middle.comm)
                let named = try await fleet.report(path, ["--where", "comm == \"\(comm)\" && fd < \(fd)"]).events
                #expect(
                    named.map(\.time) == all.filter { $0.comm == comm && ($0.number("fd") ?? .max) < fd }.map(\.time))

                for format in ["default", "ftrace"] {
                    let lines = try await fleet.run(["report", path, "--format", format]).output.texts
                    #expect(
                        lines.count { $0.contains("sys_close") || $0.contains("sys_enter_close") } == all.count,
                        "\(format)")
                }
                // A second report is the same.
                let again = try await fleet.report(path).events
                #expect(again.map(\.text) == all.map(\.text) && again.map(\.time) == all.map(\.time))

                let unknown = try await fleet.run(["report", path, "--node", "nobody"], expecting: nil)
                #expect(unknown.exitStatus != .success)
                #expect(unknown.errors.text.contains("nobody") && unknown.errors.text.contains(fleet.names[0]))
                let bad = try await fleet.run(["report", path, "--where", "fd =="], expecting: nil)
                #expect(bad.exitStatus != .success && !bad.errors.text.isEmpty)
            }
        }

        @Test("A flipped bit: everything intact is printed, the damage is reported, and the exit status is 1")
        func flippedBit() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let path = try await Self.recordCalls(fleet)
                let whole = try await fleet.report(path).events
                let segment = "\(path)/nodes/\(fleet.names[0])/000001.seg"
                var data = try Data(contentsOf: URL(fileURLWithPath: segment))
                // After the formats and symbols, which are most of such a short session.
                data[data.count * 98 / 100] ^= 0x10
                try data.write(to: URL(fileURLWithPath: segment))

                let report = try await fleet.run(["report", path, "--format", "json"], expecting: .exited(1))
                #expect(report.errors.text.contains("problem:") && report.errors.text.contains(fleet.names[0]))
                let records = try TimelineRecord.parse(report.output.texts)
                let intact = records.events
                let times = Set(whole.filter { $0.node == fleet.names[0] }.map { $0.number("fd") })
                let left = intact.filter { $0.node == fleet.names[0] }.map { $0.number("fd") }
                #expect(
                    left.count > times.count / 2 && left.allSatisfy { times.contains($0) },
                    "\(left.count) of \(times.count)")
                #expect(
                    intact.filter { $0.node == fleet.names[1] }.map(\.text)
                        == whole.filter { $0.node == fleet.names[1] }.map(\.text))
                #expect(intact.isInOrder)
            }
        }

        /// Flips a bit in the last batch of a log.
        private static func damageLastBatch(_ segment: String) throws {
            var data = try Data(contentsOf: URL(fileURLWithPath: segment))
            var last: Int?
            var start = 8
            while start + 21 <= data.count {
                if data[start + 12] == 0x20 { last = start }
                start += 12 + data[start + 4..<start + 8].reduce(0) { $0 << 8 | Int($1) }
            }
            data[try #require(last) + 60] ^= 0x10
            try data.write(to: URL(fileURLWithPath: segment))
        }

        @Test("A batch that cannot be read: verify names it, the timeline has a gap there, and both exit with 1")
        func verified() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let path = try await Self.recordCalls(fleet)
                let whole = try await fleet.run(["verify", path])
                #expect(whole.output.text.contains("\(path): whole: 2 nodes, 2 segments, "), "\(whole.output.text)")
                try Self.damageLastBatch("\(path)/nodes/\(fleet.names[0])/000001.seg")
                let found = try await fleet.run(["verify", path], expecting: .exited(1))
                let lines = found.output.texts
                let prefix = "node \(fleet.names[0]): \(path)/nodes/\(fleet.names[0])/000001.seg: "
                #expect(
                    lines.contains { $0.hasPrefix(prefix) && $0.contains("its check sum does not match") }, "\(lines)")
                #expect(lines.contains { $0.hasPrefix(prefix) && $0.hasSuffix(" is missing") }, "\(lines)")
                #expect(
                    lines.last?.hasPrefix("\(path): DAMAGED: ") == true && lines.last?.hasSuffix("1 of 2 nodes") == true
                )
                let gaps = try await fleet.report(path, expecting: .exited(1)).filter { $0.type == "gap" }
                #expect(gaps.map(\.node) == [fleet.names[0]])
                #expect(gaps.first?.text?.contains("is missing in its log") == true)
                let summary = try await fleet.run(["report", path, "--summary"], expecting: .exited(1)).output.text
                #expect(
                    summary.contains("is missing in its log: ") && summary.contains("DOES NOT ADD UP"), "\(summary)")
                let file = fleet.folder.file("a-file")
                try Data("x".utf8).write(to: URL(fileURLWithPath: file))
                let none = try await fleet.run(["verify", file], expecting: .exited(1))
                #expect(none.errors.text.contains("error: "))
            }
        }

        @Test(
            "A file that is cut off: everything before the cut is printed, the damage is stated, and the exit status is 1"
        )
        func cutFile() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let path = try await Self.recordCalls(fleet)
                let whole = try await fleet.report(path).events
                let segment = "\(path)/nodes/\(fleet.names[0])/000001.seg"
                let data = try Data(contentsOf: URL(fileURLWithPath: segment))
                for size in [data.count - 10, data.count * 99 / 100, data.count * 98 / 100] {
                    try data.prefix(size).write(to: URL(fileURLWithPath: segment))
                    let report = try await fleet.run(["report", path, "--format", "json"], expecting: .exited(1))
                    #expect(report.errors.text.contains("problem:") && report.errors.text.contains(fleet.names[0]))
                    let left = try TimelineRecord.parse(report.output.texts).events
                    for cpu in [0, 1] {
                        let before = whole.filter { $0.node == fleet.names[0] && $0.cpu == cpu }.map(\.text)
                        let after = left.filter { $0.node == fleet.names[0] && $0.cpu == cpu }.map(\.text)
                        #expect(!after.isEmpty, "cut to \(size) of \(data.count)")
                        #expect(after == Array(before.prefix(after.count)), "cut to \(size) of \(data.count)")
                    }
                    #expect(
                        left.filter { $0.node == fleet.names[1] }.map(\.text)
                            == whole.filter { $0.node == fleet.names[1] }.map(\.text))
                }
                let one = try await fleet.run(["report", path, "--summary"], expecting: .exited(1))
                #expect(SummaryRow.all(in: one.output.texts).count { $0.node == fleet.names[1] && $0.balances } == 2)
            }
        }

        @Test("Disk full while recording: recording stops, what was written stays readable, exit status 1")
        func diskFull() async throws {
            try await Fleet.with(agents: 1) { fleet in
                try await SmallDisk.with(megabytes: 2, in: fleet.folder) { disk in
                    let path = disk.file("session")
                    let load = SystemCallLoad(cpu: 1, limit: 60)
                    let record = try await fleet.record(["-e", "raw_syscalls"], into: path)
                    let status = try await record.exit(within: .seconds(60))
                    try await load.stop()
                    #expect(status == .exited(1))
                    #expect(record.errors.text.contains("the disk is full"), "\(record.errors.text)")
                    try await eventually("the node stops too: \(fleet.instances)", within: .seconds(20)) {
                        fleet.instances.isEmpty
                    }
                    let events = try await fleet.count(of: ["report", path, "--format", "json"], expecting: .exited(1))
                    #expect(events > 1000, "\(events) events are readable")
                    let summary = try await fleet.run(["report", path, "--summary"], expecting: .exited(1))
                    #expect(summary.errors.text.contains("problem:"), "\(summary.errors.text)")
                    let table = summary.output.text
                    #expect(table.contains("  no record from ") && table.contains("NOT COMPLETE"), "\(table)")
                }
            }
        }

        @Test("The controller's disk is nearly full: the session ends and reports why; the controller goes on")
        func controllerDiskFull() async throws {
            try await TemporaryFolder.with { folder in
                try await SmallDisk.with(megabytes: 4, in: folder) { disk in
                    try await Fleet.with(agents: 1, Fleet.Options(data: disk.file("data"))) { fleet in
                        let path = fleet.folder.file("session")
                        let load = SystemCallLoad(cpu: 1, limit: 60)
                        let record = try await fleet.record(["-e", "raw_syscalls"], into: path)
                        let status = try await record.exit(within: .seconds(60))
                        try await load.stop()
                        #expect(status == .exited(1))
                        #expect(
                            record.errors.text.contains("over budget: its recording has taken"), "\(record.errors.text)"
                        )
                        let account = record.errors.text
                        #expect(account.contains("  no record from ") && account.contains("NOT COMPLETE"), "\(account)")
                        try await eventually("the node stops too: \(fleet.instances)", within: .seconds(20)) {
                            fleet.instances.isEmpty
                        }
                        let events = try await fleet.count(
                            of: ["report", path, "--format", "json"], expecting: .exited(1))
                        #expect(events > 1000, "\(events) events are readable")
                        #expect(fleet.controller?.isRunning == true)
                        // The disk space of that session is free again.
                        let next = try await fleet.trace(["-e", "sched:sched_process_exec", "--for", "300ms"])
                        let second = try await next.exit()
                        #expect(second == .success, "\(next.errors.text)")
                    }
                }
            }
        }

        @Test("A directory that exists is not touched")
        func existingDirectory() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let path = fleet.folder.file("session")
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
                let record = try await fleet.run(
                    ["record", "-e", "sched:sched_process_exec", "--for", "100ms", "-o", path] + fleet.access,
                    expecting: nil)
                #expect(
                    record.exitStatus != .success && record.errors.text.contains("exists already"),
                    "\(record.errors.text)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: path).isEmpty)
            }
        }
    }
}
