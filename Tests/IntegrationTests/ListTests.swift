import Foundation
import Testing

extension IntegrationTests {
    /// `fleetrace list` on the real kernel.
    @Suite(.serialized)
    struct ListTests {
        /// Lines of a file whose stated size is 0.
        private static func text(_ path: String) async throws -> [String] {
            let cat = try RunningProcess(["cat", path])
            try await cat.exit()
            return cat.output.texts
        }

        @Test("Events are those of available_events, with the fields of their format files and their number of nodes")
        func events() async throws {
            let root = try #require(TracefsState.root)
            try await Fleet.with(agents: 2) { fleet in
                let lines = try await fleet.run(["list"] + fleet.access).output.texts
                let listed = Set(lines.dropFirst().map { $0.prefix { $0 != " " }.description })
                let kernel = try await Self.text("\(root)/available_events")
                // Some events, such as ftrace:function, cannot be enabled; probes of others come and go.
                let enabled = kernel.filter { name in
                    let path = "\(root)/events/\(name.replacingOccurrences(of: ":", with: "/"))/enable"
                    return FileManager.default.fileExists(atPath: path) && !name.hasPrefix("fleetrace_")
                }
                #expect(enabled.count > 500)
                #expect(
                    Set(enabled).symmetricDifference(listed).count < 5, "\(Set(enabled).symmetricDifference(listed))")
                #expect(lines.dropFirst().allSatisfy { $0.hasSuffix("  2") }, "every event is on both nodes")

                let fields = try await fleet.run(
                    ["list", "-v", "sched:sched_switch", "--on", fleet.names[0]] + fleet.access
                )
                .output.texts
                let format = try await Self.text("\(root)/events/sched/sched_switch/format")
                let wanted = format.filter { $0.contains("field:") && !$0.contains(" common_") }
                    .map { $0.split { $0 == "\t" || $0 == " " }.joined(separator: " ") }
                #expect(fields.dropFirst(2).map { $0.trimmingCharacters(in: .whitespaces) } == wanted)
                #expect(fields[1].hasSuffix("  1"))

                let unknown = try await fleet.run(["list", "sched:sched_swich"] + fleet.access, expecting: .exited(1))
                #expect(unknown.errors.text.contains("sched:sched_switch"))
            }
        }

        @Test("perf's counters: those that are listed count here, and the others do not")
        func counters() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let lines = try await fleet.run(["list", "--hw", "--format", "json"] + fleet.access).output.texts
                let names = try lines.map { line in
                    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                    #expect(object?["nodes"] as? Int == 1)
                    return try #require(object?["name"] as? String)
                }
                #expect(names.contains("page-faults [software]"))
                // perf asks the kernel independently: it prints <not supported> for a counter that does not exist.
                guard FileManager.default.isExecutableFile(atPath: "/usr/bin/perf") else {
                    print("SKIPPED, not tested: perf is not installed")
                    return
                }
                for counter in ["cycles", "instructions", "cpu-clock", "context-switches", "LLC-loads"] {
                    let perf = try RunningProcess(["perf", "stat", "-a", "-e", counter, "true"])
                    try await perf.exit()
                    let isThere = perf.exitStatus == .success && !perf.errors.text.contains("<not supported>")
                    #expect(
                        names.contains { $0.hasPrefix(counter + " [") } == isThere, "\(counter): \(perf.errors.text)")
                }
            }
        }

        @Test(
            "Markers of a program are those that readelf finds; files without markers, files that are no programs, missing files"
        )
        func markers() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let source = fleet.folder.file("marked.c")
                let program = fleet.folder.file("marked")
                let text = """
                    #include <sys/sdt.h>
                    int main(int argc, char **argv) {
                        DTRACE_PROBE1(sample, first, argc);
                        DTRACE_PROBE(sample, second);
                        DTRACE_PROBE(sample, second);
                        DTRACE_PROBE2(other, first, argc, argv);
                        return 0;
                    }
                    """
                try text.write(toFile: source, atomically: true, encoding: .utf8)
                #expect(try await RunningProcess(["gcc", "-o", program, source]).exit() == .success)
                let lines = try await fleet.run(["list", "--usdt", program] + fleet.access).output.texts
                #expect(
                    lines.dropFirst().map { $0.split(separator: " ").map(String.init) } == [
                        ["usdt:\(program):other:first", "2"], ["usdt:\(program):sample:first", "2"],
                        ["usdt:\(program):sample:second", "2"],
                    ])
                let none = try await fleet.run(["list", "--usdt", "/bin/true"] + fleet.access, expecting: .exited(1))
                #expect(none.errors.text == "error: /bin/true has no markers on these nodes")
                let text2 = try await fleet.run(["list", "--usdt", source] + fleet.access, expecting: .exited(1))
                #expect(text2.errors.text.contains(source), "\(text2.errors.text)")
                let missing = try await fleet.run(["list", "--usdt", "/no/such"] + fleet.access, expecting: .exited(1))
                #expect(missing.errors.text.contains("no file /no/such"), "\(missing.errors.text)")
                let relative = try await fleet.run(["list", "--usdt", "marked"] + fleet.access, expecting: .exited(64))
                #expect(relative.errors.text.contains("absolute"))
                let two = try await fleet.run(["list", "--hw", "sched"] + fleet.access, expecting: .exited(64))
                #expect(two.errors.text.contains("at a time"))
            }
        }

        @Test("Functions that take kprobes, or why there are none here")
        func functions() async throws {
            let root = try #require(TracefsState.root)
            let hasKprobes = FileManager.default.fileExists(atPath: "\(root)/kprobe_events")
            try await Fleet.with(agents: 1) { fleet in
                let list = try await fleet.run(
                    ["list", "--functions", "vfs_rea*"] + fleet.access, expecting: .exited(hasKprobes ? 0 : 1))
                if hasKprobes {
                    #expect(list.output.texts.contains { $0.hasPrefix("vfs_read ") })
                } else {
                    #expect(list.errors.text.contains("kprobes"), "\(list.errors.text)")
                }
            }
        }
    }
}
