import Foundation
import Testing

extension IntegrationTests {
    /// What a person asks for is done or refused: an empty result is never the answer to a request that cannot be met.
    @Suite(.serialized)
    struct AskedForTests {
        /// `fleetrace VERB --local 1 ...`
        static func local(
            _ verb: String, _ arguments: [String], _ command: [String] = [], expecting: ExitStatus? = .success
        ) async throws -> RunningProcess {
            let process = try RunningProcess(
                [try Executables.fleetrace(), verb, "--local", "1"] + arguments
                    + (command.isEmpty ? [] : ["--"] + command))
            let status = try await process.exit(within: .seconds(60))
            if let expecting, status != expecting {
                throw TestFailure("\(arguments): \(status)\n\(process.output.text)\(process.errors.text)")
            }
            return process
        }

        private static func events(_ process: RunningProcess) throws -> [TimelineRecord] {
            try TimelineRecord.parse(process.output.texts.filter { $0.hasPrefix("{") }).events
        }

        @Test("Patterns that end exactly, by --comm and in filters")
        func endings() async throws {
            let exit = ["-e", "sched:sched_process_exit", "--format", "json"]
            let twice = ["sh", "-c", "/bin/true; /bin/true"]
            for condition in [["--comm", "*true"], ["-f", "sched:sched_process_exit: comm ~ \"*true\""]] {
                let trace = try await Self.local("trace", exit + condition, twice)
                #expect(
                    try Self.events(trace).map { $0.fields["comm"] as? String } == ["true", "true"], "\(condition)")
            }
        }

        @Test("Conditions that no event can meet are refused")
        func never() async throws {
            let exit = ["-e", "sched:sched_process_exit"]
            let long = "averyveryverylongname"
            let byName = try await Self.local("trace", exit + ["--comm", long], ["true"], expecting: .exited(64))
            #expect(byName.errors.text.contains("no task can have the name"), "\(byName.errors.text)")
            for filter in ["comm == \"\(long)\"", "COMM ~ \"*\(long)\""] {
                let refused = try await Self.local(
                    "trace", exit + ["-f", "sched:sched_process_exit: \(filter)"], ["true"], expecting: .exited(1))
                #expect(refused.errors.text.contains("this never holds"), "\(refused.errors.text)")
            }
            let counted = try await Self.local(
                "stat", exit + ["-f", "sched:sched_process_exit: comm == \"\(long)\""], ["true"], expecting: .exited(1))
            #expect(counted.errors.text.contains("this never holds"), "\(counted.errors.text)")
            let report = try RunningProcess([try Executables.fleetrace(), "report", "nosuch", "--comm", long])
            #expect(try await report.exit() == .exited(64))
        }

        @Test("Text that is in the program's memory: the kernel compares it, and --where says that it cannot")
        func programText() async throws {
            let open = ["-e", "syscalls:sys_enter_openat", "--comm", "cat", "--format", "json"]
            let cat = ["cat", "/etc/hostname"]
            for condition in ["filename == \"/etc/hostname\"", "filename ~ \"*hostname\""] {
                let trace = try await Self.local(
                    "trace", open + ["-f", "syscalls:sys_enter_openat: \(condition)"], cat)
                #expect(try Self.events(trace).count == 1, "\(condition)")
            }
            let none = try await Self.local(
                "trace", open + ["--where", "filename ~ \"*\""], cat, expecting: .exited(1))
            #expect(none.errors.text.contains("the record has only the address"), "\(none.errors.text)")
        }

        @Test("Texts that a probe could not read differ from empty ones", .needsUserProbes)
        func unreadable() async throws {
            try await TemporaryFolder.with { folder in
                let program = try await CompiledProgram.make(CompiledProgram.texts, as: "texts", in: folder)
                let probe = ["-p", "s=uprobe:\(program):text s=+0($arg1):ustring"]
                func texts(_ more: [String]) async throws -> [String?] {
                    let trace = try await Self.local("trace", probe + ["--format", "json"] + more, [program])
                    return try Self.events(trace).map { $0.fields["s"] as? String }
                }
                #expect(try await texts([]) == ["", nil, "x", nil])
                #expect(try await texts(["-f", "s: s == \"\""]) == [""])
                #expect(try await texts(["-f", "s: s == \"x\""]) == ["x"])
                #expect(try await texts(["-f", "s: s == \"(fault)\""]) == [nil, nil])
                #expect(try await texts(["-f", "s: s != \"x\""]) == ["", nil, nil])
                #expect(try await texts(["--where", "s == \"\""]) == [""])
                #expect(try await texts(["--where", "s == \"(fault)\""]) == [nil, nil])
                let stat = try await Self.local("stat", probe + ["--by", "s", "--format", "csv"], [program])
                let rows = stat.output.texts.filter { $0.hasPrefix("probe:s,") }
                #expect(rows.contains { $0.contains(",(fault),2,") } && rows.contains { $0.contains(",x,1,") })
                #expect(rows.contains { $0.contains(",,1,") || $0.contains(",\"\",1,") }, "\(rows)")
            }
        }

        @Test("Returns that a probe missed are in the account, and the exit status is that of a loss", .needsUserProbes)
        func missedReturns() async throws {
            try await TemporaryFolder.with { folder in
                let program = try await CompiledProgram.make(CompiledProgram.nested, as: "nested", in: folder)
                let probe = ["-p", "ret=uretprobe:\(program):nested"]
                // The kernel keeps 64 nested calls of a thread.
                let whole = try await Self.local("trace", probe, [program, "64"])
                #expect(!whole.errors.text.contains("missed by"))
                for (verb, more) in [("trace", []), ("stat", []), ("stat", ["--by", "comm"])] {
                    let cut = try await Self.local(verb, probe + more, [program, "100"], expecting: .exited(1))
                    #expect(
                        cut.errors.text.contains("missed by the probe probe:ret: up to 36"), "\(cut.errors.text)")
                    #expect((cut.output.text + cut.errors.text).contains("64"))
                }
                let session = folder.file("session")
                let record = try await Self.local(
                    "record", probe + ["-o", session], [program, "80"], expecting: .exited(1))
                #expect(record.errors.text.contains("16 missed by probes; NOT COMPLETE"), "\(record.errors.text)")
                let report = try RunningProcess([try Executables.fleetrace(), "report", session, "--summary"])
                #expect(try await report.exit() == .exited(1))
                #expect(report.output.text.contains("missed by the probe probe:ret: up to 16"), "\(report.output.text)")
                // A call that is not over at the end is no miss.
                let running = try await Self.local(
                    "trace", ["-p", "uretprobe:/usr/bin/sleep:main", "--for", "200ms"], ["sleep", "1"], expecting: nil)
                #expect(!running.errors.text.contains("missed by"))
            }
        }

        @Test("Names follow the trace's own renames, live and in reports")
        func names() async throws {
            try await TemporaryFolder.with { folder in
                let program = try await CompiledProgram.make(CompiledProgram.renaming, as: "renaming", in: folder)
                let events = ["-e", "task:task_rename", "-e", "syscalls:sys_enter_access"]
                let live = try await Self.local("trace", events + ["--format", "json"], [program, "40"])
                try Self.checkNames(try Self.events(live))
                let session = folder.file("session")
                _ = try await Self.local("record", events + ["-o", session], [program, "40"])
                let report = try RunningProcess([try Executables.fleetrace(), "report", session, "--format", "json"])
                #expect(try await report.exit() == .success)
                try Self.checkNames(try Self.events(report))
                let one = try RunningProcess([
                    try Executables.fleetrace(), "report", session, "--comm", "name-7", "--format", "json",
                ])
                #expect(try await one.exit() == .success)
                // Three calls, and the rename that ends the name.
                #expect(try Self.events(one).count == 4)
            }
        }

        private static func checkNames(_ events: [TimelineRecord]) throws {
            let pid = try #require(
                events.first { $0.fields["newcomm"] as? String == "name-0" }?.pid, "the program renamed itself")
            var name: String?
            var calls = 0
            for event in events where event.pid == pid {
                if event.event == "task:task_rename" {
                    #expect(event.comm == event.fields["oldcomm"] as? String)
                    name = event.fields["newcomm"] as? String
                } else if let name {
                    #expect(event.comm == name)
                    // The program's start makes a call too, under the name that exec gave it.
                    if name.hasPrefix("name-") { calls += 1 }
                }
            }
            #expect(calls == 120)
        }

        @Test("Counted triggers begin with the session")
        func countedTriggers() async throws {
            // Runs many programs before the session has begun, and while it lasts.
            let load = try RunningProcess(["sh", "-c", "for i in $(seq 300); do /bin/true; done"])
            let trace = try await Self.local(
                "trace",
                ["-e", "sched:sched_process_exec", "-T", "sched:sched_process_exec: stacktrace:3", "--format", "json"],
                ["sh", "-c", "for i in 1 2 3 4 5 6; do /bin/true; done"])
            _ = try? await load.exit(within: .seconds(60))
            #expect(try Self.events(trace).count { $0.event?.hasSuffix("kernel_stack") == true } == 3)
        }

        @Test("A probe at the returns of a Go program is refused, unless it is forced", .needsUserProbes)
        func goProgram() async throws {
            try await TemporaryFolder.with { folder in
                let note =
                    "__asm__(\".section .note.go.buildid,\\\"a\\\",@note\\n.long 4\\n.long 4\\n.long 4\\n.asciz \\\"Go\\\\0\\\"\\n.ascii \\\"abcd\\\"\\n.text\\n\");\n"
                let program = try await CompiledProgram.make(note + CompiledProgram.nested, as: "go", in: folder)
                let probe = "uretprobe:\(program):nested"
                for verb in ["trace", "stat", "probe"] {
                    let arguments = verb == "probe" ? [probe] : ["-p", probe]
                    let refused = try await Self.local(
                        verb, arguments, verb == "probe" ? [] : [program, "1"], expecting: .exited(1))
                    let text = refused.output.text + refused.errors.text
                    #expect(text.contains("is a Go program"), "\(text)")
                }
                let forced = try await Self.local("trace", ["--force", "-p", probe], [program, "1"])
                #expect(forced.errors.text.contains("recorded 1 = received 1"), "\(forced.errors.text)")
            }
        }

        @Test("A command that outlives the session is told to end with what it started, or left running")
        func outliving() async throws {
            try await TemporaryFolder.with { folder in
                let script = folder.file("loop.sh")
                try Data(
                    "#!/bin/sh\n# The test reads stderr to its end.\nexec >/dev/null 2>&1\nwhile :; do sleep 60; done\n"
                        .utf8
                ).write(to: URL(fileURLWithPath: script))
                chmod(script, 0o755)
                for verb in [["trace"], ["stat"], ["record", "-o", folder.file("s")]] {
                    let process = try await Self.local(
                        verb[0], Array(verb.dropFirst()) + ["-e", "sched:sched_process_exec", "--for", "300ms"],
                        [script])
                    #expect(process.errors.text.contains("is told to end"), "\(process.errors.text)")
                    let left = ProcessTable.all { $0.contains(script) }
                    #expect(left.isEmpty, "\(left)")
                }
                let leaving = try await Self.local(
                    "trace", ["-e", "sched:sched_process_exec", "--for", "300ms", "--leave-running"], [script])
                #expect(leaving.errors.text.contains("goes on without the session"), "\(leaving.errors.text)")
                let left = ProcessTable.all { $0.contains(script) }
                #expect(left.count == 1)
                for pid in left { kill(pid, SIGKILL) }
            }
        }

        @Test("The command's output does not mix with data, and -o writes a file")
        func output() async throws {
            try await TemporaryFolder.with { folder in
                let echo = ["sh", "-c", "echo from the command"]
                let csv = try await Self.local("stat", ["-e", "sched:sched_switch", "--format", "csv"], echo)
                #expect(!csv.output.text.contains("from the command"), "\(csv.output.text)")
                #expect(csv.errors.text.contains("from the command"))
                for (verb, format) in [
                    ("stat", "table"), ("stat", "json"), ("stat", "csv"), ("trace", "default"), ("trace", "json"),
                ] {
                    let file = folder.file("\(verb).\(format)")
                    let process = try await Self.local(
                        verb, ["-e", "sched:sched_switch", "--format", format, "-o", file], echo)
                    #expect(process.output.texts == ["from the command"], "\(process.output.text)")
                    let text = try String(contentsOfFile: file, encoding: .utf8)
                    #expect(text.contains("sched:sched_switch") && !text.contains("from the command"))
                }
                let bad = try await Self.local(
                    "stat", ["-e", "sched:sched_switch", "-o", "/nosuch/file"], echo, expecting: .exited(1))
                #expect(bad.errors.text.contains("cannot write /nosuch/file"), "\(bad.errors.text)")
            }
        }

        @Test("Only the events of the command, from its first instruction on")
        func follow() async throws {
            let trace = try await Self.local(
                "trace",
                ["-e", "syscalls:sys_enter_execve", "-e", "sched:sched_process_exit", "--follow", "--format", "json"],
                ["/bin/sh", "-c", "/bin/true; /bin/true"])
            let events = try Self.events(trace)
            // The command itself, and both that it starts; nothing else on this machine.
            #expect(events.count { $0.event == "syscalls:sys_enter_execve" } == 3, "\(trace.output.text)")
            // A shell may become the last of its commands.
            #expect((2...3).contains(Set(events.compactMap(\.pid)).count))
        }

        @Test("A count of a second is of a second")
        func exactLength() async throws {
            let stat = try await Self.local("stat", ["-e", "cpu-clock", "--format", "json", "--for", "1s"])
            let line = try #require(stat.errors.texts.first { $0.hasPrefix("counted for ") })
            let seconds = try #require(line.split(separator: " ").dropFirst(2).first.flatMap { Double($0) })
            // Before, it was 50 ms more.
            #expect(seconds > 0.97 && seconds < 1.03, "\(line)")
        }

        @Test("Every verb says that its output cannot be written, and fails")
        func fullOutput() async throws {
            try await TemporaryFolder.with { folder in
                let session = folder.file("session")
                let exec = ["-e", "sched:sched_process_exec"]
                _ = try await Self.local("record", exec + ["-o", session], ["true"])
                let pki = folder.file("pki")
                let lines = [
                    ["report", session], ["report", session, "--summary"], ["report", session, "--format", "json"],
                    ["verify", session], ["trace", "--local", "1"] + exec + ["--", "true"],
                    ["stat", "--local", "1"] + exec + ["--", "true"], ["list", "--local", "1", "sched:*"],
                    ["nodes", "--local", "1"], ["node", "local-1", "--local", "1"], ["sessions", "--local", "1"],
                    ["probe", "--local", "1", "uprobe:/usr/bin/bash:parse_and_execute"],
                    ["top", "--local", "1", "--for", "3s"], ["ca", "init", pki], ["ca", "issue", "node", "a", pki],
                    ["--help"], ["--version"], ["trace", "--help"],
                ]
                for line in lines {
                    // The help of a verb says which options it has; not all have --local.
                    let process = try RunningProcess([try Executables.fleetrace()] + line, output: .file("/dev/full"))
                    let status = try await process.exit(within: .seconds(60))
                    guard status != .exited(64) else { continue }
                    #expect(status == .exited(1), "\(line): \(process.errors.text)")
                    #expect(process.errors.text.contains("No space left on device"), "\(line): \(process.errors.text)")
                }
            }
        }

        @Test("A file name with control characters from U+0080 on does not reach a terminal")
        func controlCharacters() async throws {
            let name = "/nosuch-\u{9b}31mred"
            let trace = try await Self.local(
                "trace", ["-p", "open=uprobe:\(KernelProbes.shell):parse_and_execute text=+0($arg1):ustring"],
                [KernelProbes.shell, "-c", "true \(name)"])
            #expect(trace.output.text.contains("/nosuch-?31mred"), "\(trace.output.text)")
            #expect(!trace.output.text.unicodeScalars.contains { (0x80...0x9f).contains($0.value) })
        }

        @Test("Stacks in JSON are arrays of addresses and names")
        func stacks() async throws {
            let trace = try await Self.local(
                "trace", ["-e", "sched:sched_process_exec", "--stack", "sched:sched_process_exec", "--format", "json"],
                ["true"])
            let stack = try #require(try Self.events(trace).first { $0.event?.hasSuffix("kernel_stack") == true })
            let callers = try #require(stack.fields["caller"] as? [String])
            let names = try #require(stack.fields["functions"] as? [String])
            #expect(callers.count > 3 && callers.count == names.count && callers.allSatisfy { $0.hasPrefix("0x") })
        }

        @Test("Times as reports print them are times for reports")
        func printedTimes() async throws {
            try await TemporaryFolder.with { folder in
                let session = folder.file("session")
                _ = try await Self.local(
                    "record", ["-e", "sched:sched_process_exec", "-o", session],
                    ["sh", "-c", "for i in 1 2 3 4 5 6; do /bin/true; done"])
                func report(_ more: [String]) async throws -> [String] {
                    let process = try RunningProcess([try Executables.fleetrace(), "report", session] + more)
                    #expect(try await process.exit() == .success, "\(process.errors.text)")
                    return process.output.texts.filter { $0.contains("sched_process_exec") }
                }
                let all = try await report([])
                let third = try #require(all.dropFirst(2).first?.split(separator: " ").first.map(String.init))
                #expect(try await report(["--since", third]) == Array(all.dropFirst(2)))
                #expect(try await report(["--until", third]) == Array(all.prefix(3)))
                #expect(try await report(["--around", third, "1ns"]) == [all[2]])
            }
        }

        @Test("Functions of a program: a list, and probes by a pattern", .needsUserProbes)
        func functionPatterns() async throws {
            try await TemporaryFolder.with { folder in
                let source = """
                    __attribute__((noinline)) int near_one(int n) { __asm__ volatile("" : : "r"(n)); return n; }
                    __attribute__((noinline)) int near_two(int n) { __asm__ volatile("" : : "r"(n)); return n; }
                    int main(void) { return near_one(0) + near_two(0); }
                    """
                let program = try await CompiledProgram.make(source, as: "near", in: folder)
                let list = try await Self.local("list", ["--symbols", program, "near_*"])
                #expect(list.output.text.contains("uprobe:\(program):near_one"), "\(list.output.text)")
                #expect(list.output.text.contains("uprobe:\(program):near_two"))
                let trace = try await Self.local(
                    "trace", ["-p", "uprobe:\(program):near_*", "--format", "json"], [program])
                #expect(try Self.events(trace).map(\.event) == ["probe:near_one", "probe:near_two"])
            }
        }

        @Test("An event that is made or removed while an agent runs is in the list, or not in it, a moment later")
        func newEvents() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let listed = { try await fleet.run(["list", "asked:made"] + fleet.access, expecting: nil).output.text }
                #expect(try await !listed().contains("asked:made"))
                try KernelProbes.write("p:asked/made \(KernelProbes.shellCode)")
                defer { try? KernelProbes.write("-:asked/made") }
                try await eventually("it is listed", within: .seconds(5)) { try await listed().contains("asked:made") }
                try KernelProbes.write("-:asked/made")
                try await eventually("it is not listed", within: .seconds(5)) {
                    try await !listed().contains("asked:made")
                }
            }
        }

        @Test("A recording ends at its largest size, and says so")
        func largestSize() async throws {
            try await TemporaryFolder.with { folder in
                let session = folder.file("session")
                let record = try await Self.local(
                    "record", ["-e", "raw_syscalls", "-o", session, "--max-size", "200k", "--for", "30s"])
                #expect(record.errors.text.contains("--max-size is reached"), "\(record.errors.text)")
                let verify = try RunningProcess([try Executables.fleetrace(), "report", session, "--summary"])
                #expect(try await verify.exit() == .success, "\(verify.output.text)")
            }
        }
    }
}
