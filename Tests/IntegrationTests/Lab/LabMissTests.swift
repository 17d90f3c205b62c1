import Foundation
import Testing

extension LabTests {
    /// Returns that a kretprobe has no room for, on each kernel.
    @Suite(.serialized)
    struct LabMissTests {
        private static let calls = 8
        /// So many tasks are in one call at once: a kretprobe with room for one misses the others.
        private static let load = "for i in $(seq \(calls)); do sleep 1 & done; wait"
        private static let profile = "grep -E ' (ret|roomy) ' /sys/kernel/tracing/kprobe_profile | sort"

        @Test("What a kretprobe misses is in the account, is what the kernel counts, and makes the session incomplete")
        func missed() async throws {
            try await Lab.with { lab in
                let guests = try await lab.guests(having: .function("do_nanosleep"))
                guard !guests.isEmpty else { return }
                let on = Lab.on(guests)
                let path = lab.folder.file("session")
                // Beside it one with room for all of them.
                let probes = ["-p", "r1:ret do_nanosleep result=$retval:s32", "-p", "r64:roomy do_nanosleep"]
                let record = try await lab.record(probes + on, into: path)
                try await lab.guests(Self.load, on: guests)
                let profiles = try await lab.guests(Self.profile, on: guests)
                record.send(SIGINT)
                let status = try await record.exit(within: .seconds(60))
                #expect(status == .exited(1), "\(record.errors.text)")
                let report = try await lab.run(["report", path, "--summary"], expecting: .exited(1))
                let lines = try await lab.run(["report", path, "--format", "json"], expecting: .exited(1))
                let returns = try TimelineRecord.parse(lines.output.texts).events
                for name in guests {
                    // The event, its hits and its misses.
                    let rows = (profiles[name] ?? []).map { $0.split(separator: " ") }
                    #expect(rows.map(\.first) == ["ret", "roomy"] && rows.last?.last == "0", "\(profiles)")
                    let missed = try #require(rows.first?.last.flatMap { UInt64($0) }, "\(profiles)")
                    #expect(missed > 0)
                    let account = try #require(AccountLine.all(in: record.errors.texts).first { $0.node == name })
                    #expect(account.balances)
                    // A task's name may be unknown: the kernel saves those of few.
                    let events = returns.filter { $0.node == name && ["sleep", "<...>"].contains($0.comm) }
                    let roomy = events.count { $0.event == "probe:roomy" }
                    #expect(roomy >= Self.calls, "\(name): \(events.map(\.text))")
                    // Whoever else slept may have been missed too.
                    let few = events.count { $0.event == "probe:ret" }
                    print("lab: \(Lab.kernels[name] ?? "?"): \(few) returns, \(missed) missed")
                    #expect(few < roomy && few + Int(missed) >= roomy, "\(name): \(events.map(\.text))")
                    for text in [record.errors.text, report.output.text] {
                        let line = text.split(separator: "\n").first {
                            $0.hasPrefix(name) && $0.contains("missed by the probe")
                        }
                        #expect(line?.contains("missed by the probe probe:ret: \(missed) (") == true, "\(text)")
                    }
                }
                #expect(record.errors.text.contains("missed by probes; NOT COMPLETE"), "\(record.errors.text)")
            }
        }
    }
}
