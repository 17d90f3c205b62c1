import Foundation
import Testing

extension IntegrationTests {
    /// What `fleetrace stat` prints when something is wrong or missing, and on narrow terminals.
    @Suite(.serialized)
    struct StatErrorTests {
        @Test(
            "What can be checked before anything is sent is a usage error",
            arguments: [
                (["-e", "sched:sched_switch", "--interval", "9ms"], "--interval: at least 10ms"),
                (["-e", "sched:sched_switch", "--by", "pid", "--table", "0"], "--table: 1 to"),
                (["-e", "sched:sched_switch", "--by", "pid", "--top", "0"], "--top: at least 1"),
                (["--by", "pid"], "say what to count"),
                (["-e", "page-faults", "--by", "pid"], "page-faults is a counter, which has no fields"),
                (["--latency", "sched:sched_switch"], "--latency: two events"),
                (["-e", "sched:sched_switch", "--by", "pid,comm,cpu"], "3 keys besides the node are too many"),
            ])
        func usage(_ arguments: [String], _ message: String) async throws {
            let process = try RunningProcess([try Executables.fleetrace(), "stat", "--local", "1"] + arguments)
            let status = try await process.exit()
            #expect(status == .exited(64))
            #expect(process.errors.text.contains(message), "\(process.errors.text)")
        }

        @Test("An event that no node has is refused with near matches, and nothing is left behind")
        func unknownEvent() async throws {
            let process = try RunningProcess(
                [try Executables.fleetrace(), "stat", "--local", "1", "-e", "sched:sched_swich", "--for", "100ms"])
            let status = try await process.exit()
            #expect(status == .exited(1) && process.output.texts.isEmpty)
            #expect(process.errors.text.contains("sched:sched_switch"), "\(process.errors.text)")
        }

        @Test("A counter that the machine does not have is named, and the others are counted")
        func unsupported() async throws {
            let process = try RunningProcess(
                [
                    try Executables.fleetrace(), "stat", "--local", "1", "-e", "alignment-faults,node-prefetch-misses",
                    "--format", "json", "--for", "100ms",
                ])
            let status = try await process.exit()
            #expect(status == .success, "\(process.errors.text)")
            let records = try CountRecord.parse(process.output.texts)
            #expect(records.first { $0.event == "alignment-faults" }?.count == 0)
            let missing = try #require(records.first { $0.event == "node-prefetch-misses" })
            // A processor that has this counter counts it; most do not.
            if missing.count == nil {
                #expect(missing.state == "not supported")
                #expect(
                    process.errors.texts.contains {
                        $0.hasPrefix("node-prefetch-misses: not counted on local-1: not supported")
                    }, "\(process.errors.text)")
            }
        }

        @Test("On a terminal of 20 columns, or of 5, every line fits and the total stays", arguments: [20, 5])
        func narrow(_ width: Int) async throws {
            for by in [[], ["--by", "node,cpu"]] {
                let process = try RunningProcess(
                    [
                        try Executables.fleetrace(), "stat", "--local", "2", "-e", "page-faults,cpu-clock", "--for",
                        "200ms",
                    ] + by, environment: ["COLUMNS": "\(width)"])
                let status = try await process.exit()
                #expect(status == .success, "\(process.errors.text)")
                #expect(process.output.texts.count >= 3)
                #expect(process.output.texts.allSatisfy { $0.count <= width }, "\(process.output.text)")
                if width == 20, by.isEmpty { #expect(process.output.text.contains("page-f"), "\(process.output.text)") }
            }
        }
    }
}
