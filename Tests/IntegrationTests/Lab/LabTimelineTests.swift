import Foundation
import Testing

extension LabTests {
    /// One timeline of several kernels.
    @Suite(.serialized)
    struct LabTimelineTests {
        @Test("Programs that ran one after the other on different machines stand in that order, within their bounds")
        func order() async throws {
            try await Lab.with { lab in
                let trace = try await lab.trace(["-e", "sched:sched_process_exec", "--format", "json"])
                print("lab: " + (trace.errors.texts.first ?? ""))
                // When each ran, by this machine's clock, which is the controller's too.
                var runs: [(node: String, program: String, from: Int64, to: Int64)] = []
                for (index, node) in (lab.guests + lab.guests.reversed()).enumerated() {
                    let program = "/tmp/step\(index)"
                    try await lab.guest(node, "ln -sf /usr/bin/sample \(program)")
                    let from = wallClock()
                    try await lab.guest(node, program)
                    runs.append((node, program, from, wallClock()))
                }
                trace.send(SIGINT)
                let status = try await trace.exit()
                #expect(status == .success, "\(trace.errors.text)")

                let records = try TimelineRecord.parse(trace.output.texts)
                #expect(records.isInOrder)
                var last: TimelineRecord?
                for run in runs {
                    let seen = records.events.filter { ($0.fields["filename"] as? String) == run.program }
                    #expect(seen.map(\.node) == [run.node], "\(run.program)")
                    let event = try #require(seen.first)
                    let (lower, upper) = (try #require(event.lower), try #require(event.upper))
                    // One millisecond of tolerance: the wall clock is slewed against the timeline.
                    #expect(lower <= run.to + 1_000_000 && upper >= run.from - 1_000_000, "\(run) \(lower) \(upper)")
                    #expect(lower <= event.time && event.time <= upper)
                    // One program ended before the next began, so their bounds must not contradict that.
                    if let before = last { #expect(try #require(before.lower) <= upper, "\(before) \(event)") }
                    last = event
                }
                let account = AccountLine.all(in: trace.errors.texts)
                #expect(account.map(\.node) == lab.names.sorted(), "\(trace.errors.text)")
                #expect(account.allSatisfy { $0.balances && $0.lost == 0 }, "\(trace.errors.text)")
            }
        }

        @Test("Each node reports its kernel, labels and a clock with a bound")
        func nodes() async throws {
            try await Lab.with { lab in
                let list = try await lab.run(["nodes"] + lab.access).output.texts
                for name in lab.guests {
                    let line = try #require(list.first { $0.hasPrefix(name + " ") })
                    let release = try await lab.guest(name, "uname -r").first ?? "?"
                    #expect(line.contains(" connected ") && line.contains(" \(release) "), "\(line)")
                    #expect(line.contains("role=web") && line.contains("±") && !line.contains("±?"), "\(line)")
                }
            }
        }
    }
}
