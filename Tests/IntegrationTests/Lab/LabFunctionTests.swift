import Foundation
import KernelText
import Testing

extension LabTests {
    /// The function tracers of real kernels, with loads of known size: reads of /dev/zero and writes to /dev/null, which
    /// nobody else on a guest makes.
    @Suite(.serialized)
    struct LabFunctionTests {
        private static let calls = 200
        private static let load = "dd if=/dev/zero of=/dev/null bs=1 count=\(calls) 2>/tmp/load"
        private static let tracefs = "/sys/kernel/tracing"

        /// What a guest's kernel has for instances of their own.
        private static func graphing(_ lab: Lab) async throws -> (with: [String], without: [String]) {
            let script = """
                cd \(tracefs) && mkdir instances/probe-of-the-test && cat instances/probe-of-the-test/available_tracers; \
                rmdir instances/probe-of-the-test
                """
            let tracers = try await lab.guests(script)
            let with = lab.guests.filter { tracers[$0]?.contains { $0.contains("function_graph") } == true }
            return (with, lab.guests.filter { !with.contains($0) })
        }

        private static func end(_ process: RunningProcess) async throws {
            process.send(SIGINT)
            let status = try await process.exit(within: .seconds(60))
            #expect(status == .success, "\(process.errors.text)")
        }

        @Test("Entries are events of the timeline, with stacks; what is left out is not traced; --pid limits them")
        func entries() async throws {
            try await Lab.with { lab in
                let trace = try await lab.trace(
                    [
                        "--function", "write_null", "--function", "read_zero*", "--no-function", "read_zero",
                        "--func-stack", "--format", "json",
                    ] + Lab.on(lab.guests))
                try await Self.expectTracerOfInstancesOnly(lab)
                // Process 1 makes none of the calls.
                let other = try await lab.trace(
                    ["--function", "write_null", "--pid", "1", "--format", "json"] + Lab.on(lab.guests))
                let tasks = try await lab.guests("cat \(Self.tracefs)/instances/fleetrace-*/set_ftrace_pid")
                for name in lab.guests { #expect(tasks[name]?.contains("1") == true, "\(tasks)") }
                try await lab.guests(Self.load)
                for process in [trace, other] { try await Self.end(process) }
                let events = try TimelineRecord.parse(trace.output.texts).events
                for name in lab.guests {
                    let own = events.filter { $0.node == name && $0.event == "ftrace:function" }
                    #expect(own.count { $0.text?.contains("write_null <-") == true } == Self.calls, "\(name)")
                    #expect(!own.contains { $0.text?.contains(": read_zero <-") == true })
                    let stacks = events.filter { $0.node == name && $0.event == "ftrace:kernel_stack" }
                    #expect(stacks.count == Self.calls, "\(name)")
                    #expect(stacks.allSatisfy { $0.text?.contains("vfs_write") == true }, "\(stacks.first?.text ?? "")")
                }
                for line in AccountLine.all(in: trace.errors.texts) { #expect(line.balances, "\(line)") }
                #expect(try TimelineRecord.parse(other.output.texts).events.isEmpty)
            }
        }

        /// The top level of tracefs, which is everybody's, stays as it is.
        private static func expectTracerOfInstancesOnly(_ lab: Lab) async throws {
            let files = "current_tracer set_ftrace_filter options/func_stack_trace"
            let found = try await lab.guests(
                "cd \(tracefs); for folder in instances/fleetrace-* .; do (cd $folder; echo $(cat \(files))); done")
            for name in lab.guests {
                let words = (found[name] ?? []).map { $0.split(separator: " ") }
                try #require(words.count == 2, "\(words)")
                #expect(words[0].first == "function" && words[0].contains("write_null"), "\(words)")
                #expect(words[1].first == "nop" && words[1].last == "0", "\(words)")
                #expect(!words[1].contains("write_null"), "\(words)")
            }
        }

        @Test("--func-args prints each entry as the kernel does, and is refused by kernels that record no arguments")
        func arguments() async throws {
            try await Lab.with { lab in
                let (recording, others) = try await lab.split(by: .functionArguments)
                if let other = others.first {
                    let refused = try await lab.run(
                        ["trace", "--function", "write_null", "--func-args", "--for", "1s", "--on", other] + lab.access,
                        expecting: .exited(1))
                    #expect(refused.errors.text.contains("that needs Linux 6.15"), "\(refused.errors.text)")
                }
                guard let name = recording.first else { return print("SKIPPED: no guest records arguments") }
                let path = lab.folder.file("session")
                let record = try await lab.record(
                    ["--function", "write_null", "--function", "vfs_*", "--func-args", "--on", name], into: path)
                // The kernel's own text, while the agent does not take the records from it.
                let text = try await lab.guest(
                    name,
                    """
                    cd \(Self.tracefs)/instances/fleetrace-*
                    agents=$(pidof fleetrace-agent); kill -STOP $agents; trap "kill -CONT $agents" EXIT
                    \(Self.load); echo 0 >tracing_on; cat trace
                    """)
                record.send(SIGINT)
                // It was switched off behind the agent's back, and that is said.
                _ = try await record.exit(within: .seconds(60))
                let report = try await lab.run(["report", path, "--format", "ftrace"], expecting: .exited(1))
                let kernel = TraceText(text, maskingPointers: false)
                let comparison = kernel.compared(with: TraceText(report.output.texts, maskingPointers: false))
                print("lab: \(name), \(Lab.kernels[name] ?? "?"): arguments: \(comparison)")
                #expect(comparison.events > 3 * Self.calls && comparison.different.isEmpty, "\(comparison.examples)")
                let entry = text.first { $0.contains(" write_null(file=0x") }
                #expect(entry?.contains(", count=0x1, ") == true, "\(entry ?? "")")
                // An exported file has the types too.
                let folder = lab.folder.file("exported")
                try await lab.run(["export", path, "--to", "trace.dat", folder], expecting: nil)
                let exported = try await lab.run(
                    ["report", "\(folder)/\(name).dat", "--format", "ftrace"], expecting: nil)
                let again = kernel.compared(with: TraceText(exported.output.texts, maskingPointers: false))
                #expect(again.events == comparison.events && again.different.isEmpty, "\(again.examples)")
            }
        }

        @Test("A name that no kernel has is refused by every node, with what may have been meant")
        func unknown() async throws {
            try await Lab.with { lab in
                let refused = try await lab.run(
                    ["trace", "--function", "write_nul", "--for", "1s"] + Lab.on(lab.guests) + lab.access,
                    expecting: .exited(1))
                #expect(
                    refused.errors.text.contains(
                        "no function \"write_nul\" that this kernel can trace (did you mean write_null"),
                    "\(refused.errors.text)")
                #expect(lab.guests.allSatisfy { refused.errors.text.contains($0) })
            }
        }

        @Test("A kernel without the tracers refuses with the reason, and --partial goes on without it")
        func withoutTracers() async throws {
            try await Lab.with { lab in
                guard lab.hasHost, !Self.hostHasFunctions else { return }
                let some = Lab.on([Lab.host] + lab.guests.prefix(1))
                let refused = try await lab.run(
                    ["trace", "--function", "write_null", "--for", "1s"] + some + lab.access, expecting: .exited(1))
                let reason = refused.errors.texts.first {
                    $0.hasPrefix("node host: this kernel does not offer the tracer")
                }
                #expect(reason?.contains(": it ") == true, "\(refused.errors.text)")
                try await lab.run(
                    ["trace", "--function", "write_null", "--for", "1s", "--partial"] + some + lab.access)
            }
        }

        /// A kernel may have the tracer, and let nobody use it.
        private static let hostHasFunctions: Bool = {
            let file = "\(TracefsState.root ?? "")/available_filter_functions"
            return (try? String(contentsOfFile: file, encoding: .utf8))?.isEmpty == false
        }()

        @Test("Calls are counted on every kernel, with times where its instances can have them; the table over nodes")
        func counts() async throws {
            try await Lab.with { lab in
                let (timing, _) = try await Self.graphing(lab)
                let functions = ["--function", "write_null", "--function", "read_zero"]
                async let ofAll = lab.stat(functions + ["--format", "json"] + Lab.on(lab.guests))
                async let ofFew = lab.stat(functions + ["--top", "1"] + Lab.on(lab.ends))
                let (stat, table) = try await (ofAll, ofFew)
                try await lab.guests(Self.load)
                for process in [stat, table] { try await Self.end(process) }
                let objects = try stat.output.texts.map {
                    try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
                }
                for name in lab.guests {
                    for function in ["write_null", "read_zero"] {
                        let row = objects.first {
                            $0["node"] as? String == name && $0["key"] as? String == function
                        }
                        #expect(row?["count"] as? Int == Self.calls, "\(stat.output.text)")
                        let timed = timing.contains(name)
                        #expect(row?["timed"] as? Int == (timed ? Self.calls : 0))
                        #expect((row?["time_ns"] as? Int ?? 0 > 0) == timed)
                    }
                }
                if timing.count < lab.guests.count {
                    #expect(stat.errors.text.contains("calls without times, because"), "\(stat.errors.text)")
                }
                // The busiest first; --top leaves the others out.
                let lines = table.output.texts
                #expect(lines.first?.hasPrefix("FUNCTION") == true, "\(table.output.text)")
                let calls = " \(Self.calls * lab.ends.count) "
                #expect(lines.dropFirst().first?.contains(calls) == true, "\(table.output.text)")
                #expect(lines.contains { $0.hasPrefix("(1 more)") }, "\(table.output.text)")
            }
        }

        @Test("Call trees: every kernel that can has them whole, with the root and depth that were asked for")
        func graph() async throws {
            try await Lab.with { lab in
                let (graphing, others) = try await Self.graphing(lab)
                if let other = others.first {
                    let refused = try await lab.run(
                        ["trace", "--graph", "vfs_write", "--for", "1s", "--on", other] + lab.access,
                        expecting: .exited(1))
                    #expect(
                        refused.errors.text.contains("instances have it since Linux 6.11"), "\(refused.errors.text)")
                }
                guard let last = graphing.last else { return }
                // To trace all functions takes an emulated kernel ten seconds, and as long to end: only the newest does.
                async let whole: Void = Self.trees(lab, of: [], on: [last])
                let few = ["write_null", "vfs_*", "security_*", "*_area"]
                try await Self.trees(lab, of: few, on: graphing.dropLast())
                try await whole
            }
        }

        private static func trees(_ lab: Lab, of functions: [String], on names: [String]) async throws {
            guard !names.isEmpty else { return }
            let trace = try await lab.trace(
                ["--graph", "vfs_write", "--depth", "2", "--format", "graph", "--where", "common_pid > 1"]
                    + functions.flatMap { ["--function", $0] } + Lab.on(names))
            for name in names {
                let filter = try await lab.guest(
                    name, "cd \(tracefs); cat set_graph_function max_graph_depth current_tracer")
                #expect(filter == ["vfs_write", "2", "nop"])
            }
            try await lab.guests(load, on: names)
            try await end(trace)
            for name in names {
                // Taking the tracer off some 40,000 functions takes an emulated CPU a while.
                try await eventually("\(name): the filter of call trees is empty", within: .seconds(30)) {
                    let filter = try await lab.guest(name, "cd \(tracefs); cat set_graph_function max_graph_depth")
                    return filter == ["#### all functions enabled ####", "0"]
                }
            }
            let lines = trace.output.texts
            let roots = lines.indices.filter { lines[$0].hasSuffix("|  vfs_write() {") }
            #expect(roots.count >= calls * names.count)
            #expect(roots.allSatisfy { index in lines[index...].contains { $0.hasSuffix("|  }") || $0.contains("}") } })
            #expect(lines.count { $0.hasSuffix("|    write_null();") } == calls * names.count)
            // Nothing is deeper than asked for.
            #expect(!lines.contains { $0.contains("|      ") })
        }

        @Test(
            "One filter of call trees for a kernel: a second session with another one is refused, with the same it shares"
        )
        func sharedGraph() async throws {
            try await Lab.with { lab in
                guard let name = try await Self.graphing(lab).with.last else { return }
                // To trace all functions takes an emulated kernel ten seconds, and as long to end.
                let few = ["--function", "write_null", "--format", "graph", "--on", name]
                let first = try await lab.trace(["--graph", "vfs_write"] + few)
                let refused = try await lab.run(
                    ["trace", "--graph", "vfs_read", "--for", "1s"] + few + lab.access, expecting: .exited(1))
                #expect(
                    refused.errors.text.contains("one filter of them for all of its buffers"), "\(refused.errors.text)")
                let second = try await lab.trace(["--graph", "vfs_write"] + few)
                try await Self.end(first)
                let kept = try await lab.guest(name, "cat \(Self.tracefs)/set_graph_function")
                #expect(kept == ["vfs_write"])
                try await Self.end(second)
                try await eventually("the last one empties it", within: .seconds(30)) {
                    let left = try await lab.guest(name, "cat \(Self.tracefs)/set_graph_function")
                    return left == ["#### all functions enabled ####"]
                }
            }
        }

        @Test("An agent that is killed leaves a tracer to the next one, which goes on with it")
        func takeover() async throws {
            try await Lab.with { lab in
                guard let name = lab.guests.first else { return }
                let trace = try await lab.trace(["--function", "write_null", "--format", "json", "--on", name])
                try await lab.guest(name, Self.load)
                try await lab.guest(name, "killall -9 fleetrace-agent")
                try await eventually("another agent goes on", within: .seconds(40)) {
                    trace.output.texts.contains { $0.contains("\"taken_over\"") }
                }
                try await lab.guest(name, Self.load)
                trace.send(SIGINT)
                // What the dead agent had read and nobody has is stated, and makes the session incomplete.
                _ = try await trace.exit(within: .seconds(60))
                let records = try TimelineRecord.parse(trace.output.texts)
                let lost = records.filter { $0.type == "lost" }.reduce(UInt64(0)) { $0 + ($1.count ?? 0) }
                let calls = records.events.count { $0.text?.contains("write_null <-") == true }
                #expect(UInt64(calls) + lost == UInt64(2 * Self.calls), "\(trace.errors.text)")
                #expect(calls >= Self.calls)
            }
        }
    }
}
