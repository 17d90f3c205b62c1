import Foundation
import Testing

extension LabTests {
    /// Trace clocks that not every kernel has.
    @Suite(.serialized)
    struct LabClockSourceTests {
        private static let program = "/tmp/ft-clock-source"
        private static let event = "sched:sched_process_exec"
        private static let selection = ["-e", event, "-f", "\(event): filename == \"\(program)\""]
        /// Runs a program of that name five times, whatever becomes of it.
        private static let load =
            "cp /bin/busybox \(program) || cp /bin/true \(program); "
            + "for i in 1 2 3 4 5; do \(program) > /dev/null 2>&1 || true; done; rm -f \(program)"

        @Test("--clock-source tai: kernels before 5.19 are refused by name; with --partial the others record by it")
        func atomicTime() async throws {
            try await Lab.with { lab in
                let tai = LabFeature(name: "the trace clock tai", condition: "grep -qw tai trace_clock")
                let (having, lacking) = try await lab.split(by: tai)
                guard !having.isEmpty, !lacking.isEmpty else {
                    return print("SKIPPED, not tested: all guests of this lab have the trace clock tai, or none has")
                }
                for name in lab.guests {
                    #expect(lacking.contains(name) == Lab.isOlder(name, than: 5, 19), "\(name)")
                }
                let on = Lab.on(lab.guests)
                let all = ["--clock-source", "tai"] + Self.selection + on
                let refused = try await lab.run(["trace", "--for", "1s"] + all, expecting: .exited(1))
                for name in lacking {
                    let line = refused.errors.texts.first { $0.contains(name) && $0.contains("tai") }
                    #expect(line != nil, "\(refused.errors.text)")
                }
                let path = lab.folder.file("session")
                let record = try await lab.record(["--partial"] + all, into: path)
                try await lab.guests(Self.load, on: lab.guests)
                record.send(SIGINT)
                _ = try await record.exit(within: .seconds(60))
                let events = try await lab.report(path, expecting: nil).events
                #expect(Set(events.map(\.node)) == Set(having), "\(record.errors.text)")
                for name in having {
                    let own = events.filter { $0.node == name }
                    #expect(own.count == 5, "\(name): \(own.count)")
                    #expect(own.allSatisfy { $0.quality == "certain" && $0.lower != nil && $0.upper != nil }, "\(own)")
                }
            }
        }

        @Test("--clock-source mono: every kernel has it, and every line has a bound")
        func monotonic() async throws {
            try await Lab.with { lab in
                let path = lab.folder.file("session")
                let on = Lab.on(lab.guests)
                let record = try await lab.record(["--clock-source", "mono"] + Self.selection + on, into: path)
                try await lab.guests(Self.load, on: lab.guests)
                record.send(SIGINT)
                let status = try await record.exit(within: .seconds(60))
                #expect(status == .success, "\(record.errors.text)")
                let events = try await lab.report(path).events
                for name in lab.guests {
                    let own = events.filter { $0.node == name }
                    #expect(own.count == 5 && own.allSatisfy { $0.quality == "certain" }, "\(name): \(own)")
                }
            }
        }
    }
}
