import Foundation
import Testing

extension IntegrationTests {
    /// `fleetrace export`, judged by the real trace-cmd and by `report` on the session itself.
    @Suite(.serialized)
    struct ExportTests {
        /// ns. Our fixed-point slopes and libtracecmd's division each round down by less than one.
        private static let rounding: Int64 = 2

        /// A session of both nodes: numbered system calls on both CPUs, and programs with unique names.
        private static func record(_ fleet: Fleet, callsPerSecond rate: Int = 600) async throws -> String {
            let path = fleet.folder.file("session")
            let program = try fleet.folder.uniqueProgram()
            let loads = [0, 1].map { SystemCallLoad(cpu: $0, rate: rate) }
            let names = "comm == \"\(loads[0].name)\" || comm == \"\(loads[1].name)\""
            let events = [SystemCallLoad.event, "syscalls:sys_exit_close"]
            let record = try await fleet.record(
                events.flatMap { ["-e", $0, "-f", "\($0): \(names)"] } + [
                    "-e", "sched:sched_process_exec", "-f", "sched:sched_process_exec: filename == \"\(program)\"",
                ], into: path)
            for _ in 0..<20 {
                try await RunningProcess([program]).exit()
                try await Task.sleep(for: .milliseconds(50))
            }
            record.send(SIGINT)
            try await record.exit()
            for load in loads { try await load.stop() }
            #expect(record.exitStatus == .success, "\(record.errors.text)")
            return path
        }

        private static func export(_ fleet: Fleet, _ session: String, expecting: ExitStatus = .success) async throws
            -> (files: [String], errors: String)
        {
            let folder = fleet.folder.file("out-\(UInt32.random(in: 0 ... .max))")
            let run = try await fleet.run(["export", session, "--to", "trace.dat", folder], expecting: expecting)
            return (fleet.names.map { "\(folder)/\($0).dat" }, run.errors.text)
        }

        /// Lines in the kernel's form. For tasks that ran a program, a session has the name at the time of the line, a
        /// file the last name.
        private static func lines(_ fleet: Fleet, _ input: [String]) async throws -> [String] {
            try await fleet.run(["report"] + input + ["--format", "ftrace"]).output.texts
                .filter { !$0.hasPrefix("#") }
                .map { line in
                    guard line.contains("sched_process_exec") else { return line }
                    return line.replacingOccurrences(
                        of: #"^.*?-([0-9]+ +\[)"#, with: "TASK-$1", options: .regularExpression)
                }
        }

        @Test("Two nodes: trace-cmd merges the files as report merges the session", .needsTraceCommand)
        func merged() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let session = try await Self.record(fleet)
                let truth = try await fleet.report(session).events
                let files = try await Self.export(fleet, session).files
                let merged = try await TraceCmdProgram.report(files).compactMap { TraceCmdProgram.Event($0) }
                #expect(truth.count > 4000)
                try #require(merged.count == truth.count)
                for (location, (own, event)) in zip(truth, merged).enumerated() {
                    #expect(abs(own.time - event.time) <= Self.rounding)
                    let lower = try #require(own.lower)
                    let upper = try #require(own.upper)
                    #expect(lower - Self.rounding <= event.time && event.time <= upper + Self.rounding)
                    // Only events that are closer to each other than that may have changed their order.
                    let isSame =
                        own.node == event.file && own.cpu == event.cpu && own.pid == event.pid
                        && own.event?.hasSuffix(":\(event.name)") == true
                    let neighbours = [location - 1, location + 1].filter(truth.indices.contains)
                    #expect(
                        isSame || neighbours.contains { abs(truth[$0].time - own.time) <= 2 * Self.rounding },
                        "event \(location) of \(truth.count)")
                }

                // Each file alone: the same events, texts and names.
                for (name, file) in zip(fleet.names, files) {
                    let own = truth.filter { $0.node == name }
                    let single = try await TraceCmdProgram.report([file]).compactMap { TraceCmdProgram.Event($0) }
                    try #require(single.count == own.count)
                    #expect(zip(own, single).allSatisfy { abs($0.time - $1.time) <= Self.rounding })
                    let calls = zip(own, single).filter { $0.0.event == SystemCallLoad.event }
                    #expect(calls.count > 1000)
                    #expect(calls.allSatisfy { $0.comm == $1.task.trimmingCharacters(in: .whitespaces) })
                    #expect(calls.allSatisfy { $1.text == "fd: 0x" + String($0.number("fd") ?? 0, radix: 16) })
                    let programs = zip(own, single).filter { $0.0.event == "sched:sched_process_exec" }
                    #expect(programs.count == 20)
                    #expect(programs.allSatisfy { $0.text == "sched_process_exec: \($1.text)" })
                    // Without corrections: the node's own clock, as in its `trace` file.
                    let raw = try await TraceCmdProgram.report([file], ["--raw-ts"])
                    #expect(raw.count > own.count)
                }
            }
        }

        @Test("Our reader reads our files back to the lines of the session, lost events included", .needsTraceCommand)
        func readBack() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let session = try await Self.record(fleet)
                for (name, file) in zip(fleet.names, try await Self.export(fleet, session).files) {
                    let lines = try await Self.lines(fleet, [session, "--node", name])
                    #expect(lines.count > 2000)
                    #expect(try await Self.lines(fleet, [file]) == lines)
                }

                // More than fits into a small buffer.
                let lossy = fleet.folder.file("lossy")
                let load = SystemCallLoad(cpu: 0, rate: 50_000)
                let record = try await fleet.record(load.selection + ["--buffer", "8"], into: lossy)
                let agents = try fleet.names.map { try #require(fleet.agent($0)) }
                for agent in agents { agent.send(SIGSTOP) }
                defer { for agent in agents { agent.send(SIGCONT) } }
                // Nobody reads in the meantime.
                try await Task.sleep(for: .milliseconds(300))
                for agent in agents { agent.send(SIGCONT) }
                try await Task.sleep(for: .milliseconds(100))
                record.send(SIGINT)
                try await record.exit()
                try await load.stop()
                for (name, file) in zip(fleet.names, try await Self.export(fleet, lossy).files) {
                    let lines = try await Self.lines(fleet, [lossy, "--node", name])
                    let losses = lines.count { $0.contains("[LOST ") }
                    #expect(losses > 0, "the kernel lost nothing: the test shows nothing")
                    #expect(try await Self.lines(fleet, [file]) == lines)
                    let foreign = try await TraceCmdProgram.report([file])
                    #expect(foreign.count { $0.contains("EVENTS DROPPED]") } == losses)
                    #expect(foreign.compactMap { TraceCmdProgram.Event($0) }.count == lines.count - losses)
                    let row = try #require(
                        try await fleet.summary(lossy).first { $0.node == name && ($0.lost ?? 0) > 0 })
                    let statistics = try await TraceCmdProgram.report([file], ["--stat"])
                    #expect(statistics.contains("overrun: \(row.lost ?? 0)"), "\(statistics)")
                }
            }
        }

        @Test("JSON is report's JSON, to a new file or to stdout")
        func json() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let session = try await Self.record(fleet)
                let truth = try await fleet.run(["report", session, "--format", "json"]).output.texts
                #expect(truth.count > 1000)
                #expect(try await fleet.run(["export", session, "--to", "json"]).output.texts == truth)
                let file = fleet.folder.file("session.json")
                let run = try await fleet.run(["export", session, "--to", "json", file])
                #expect(run.output.texts.isEmpty)
                #expect(try String(contentsOfFile: file, encoding: .utf8) == truth.joined(separator: "\n") + "\n")
                let again = try await fleet.run(["export", session, "--to", "json", file], expecting: .exited(1))
                #expect(again.errors.text.contains("exists already"))
            }
        }

        @Test("A node without events gets a file without events", .needsTraceCommand)
        func noEvents() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let session = fleet.folder.file("session")
                let record = try await fleet.record(
                    [
                        "-e", "sched:sched_process_exec", "-f", "sched:sched_process_exec: pid == 1", "--for", "500ms",
                    ], into: session)
                try await record.exit()
                let files = try await Self.export(fleet, session).files
                #expect(try await TraceCmdProgram.report([files[0]]) == ["cpus=2"])
                #expect(try await TraceCmdProgram.report(files).count == 2)
                #expect(try await Self.lines(fleet, [files[1]]).isEmpty)
            }
        }

        @Test("A damaged session: what can be read is exported, the loss is marked, and the exit status is 1")
        func damaged() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let session = try await Self.record(fleet, callsPerSecond: 20_000)
                let whole = try await Self.export(fleet, session)
                let segment = "\(session)/nodes/\(fleet.names[0])/000001.seg"
                var data = try Data(contentsOf: URL(fileURLWithPath: segment))
                // After the formats and symbols, among the batches.
                data[data.count - 40_000] ^= 0x10
                try data.write(to: URL(fileURLWithPath: segment))
                let damaged = try await Self.export(fleet, session, expecting: .exited(1))
                #expect(
                    damaged.errors.contains("problem: node \(fleet.names[0])") && damaged.errors.contains("damaged"))
                #expect(
                    try Data(contentsOf: URL(fileURLWithPath: damaged.files[1])).count
                        == Data(contentsOf: URL(fileURLWithPath: whole.files[1])).count)
                let before = try await Self.lines(fleet, [whole.files[0]])
                let after = try await Self.lines(fleet, [damaged.files[0]])
                let known = Set(before)
                let left = after.filter { !$0.contains("[LOST ") }
                #expect(left.count > before.count / 2 && left.count <= before.count)
                #expect(left.allSatisfy { known.contains($0) })
                // A damaged watermark or clock sample loses no event; a damaged batch is marked.
                #expect(left.count == before.count || after.count > left.count)
            }
        }

        @Test("Impossible exports: each error tells what is wrong, and nothing is overwritten or left half written")
        func mistakes() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let session = try await Self.record(fleet)
                func fails(_ arguments: [String], _ words: String...) async throws {
                    let run = try await fleet.run(["export"] + arguments, expecting: nil)
                    #expect(run.exitStatus != .success && run.output.texts.isEmpty, "\(arguments)")
                    for word in words { #expect(run.errors.text.contains(word), "\(run.errors.text)") }
                }
                let out = fleet.folder.file("out")
                try await fails([session, "--to", "perfetto", out], "perfetto", "trace.dat", "json")
                try await fails([session, "--to", "trace.dat"], "DIR")
                try await fails([fleet.folder.file("none"), "--to", "trace.dat", out], "none")
                try await fails([session, "--to", "trace.dat", out, "--node", "nobody"], "nobody", fleet.names[0])
                #expect(!FileManager.default.fileExists(atPath: out))
                try await fails([session, "--to", "trace.dat", fleet.folder.path], "not empty")
                let empty = fleet.folder.file("empty")
                try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: false)
                try await fleet.run(["export", session, "--to", "trace.dat", empty])
                try await fails([session, "--to", "trace.dat", empty], "not empty")
                try await fails(["\(empty)/\(fleet.names[0]).dat", "--to", "trace.dat", out], "is a file")
                try await SmallDisk.with(megabytes: 1, in: fleet.folder) { disk in
                    // No room for the pages.
                    let filler = Data(count: 1000 << 10)
                    try filler.write(to: URL(fileURLWithPath: disk.file("filler")))
                    try await fails([session, "--to", "trace.dat", disk.file("out")], "the disk is full")
                    #expect(try FileManager.default.contentsOfDirectory(atPath: disk.file("out")).isEmpty)
                }
            }
        }
    }
}
