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

        @Test("Each line of --format ftrace is that of the guest's own trace file")
        func kernelText() async throws {
            try await Lab.with { lab in
                let node = try #require(lab.guests.first)
                let events = ["sched/sched_process_exec", "sched/sched_process_exit", "sched/sched_process_fork"]
                let witness = "/sys/kernel/tracing/instances/witness"
                try await lab.guest(
                    node,
                    """
                    mkdir \(witness) && cd \(witness) || exit 1
                    echo mono_raw >trace_clock; echo 2048 >buffer_size_kb
                    echo 'comm == "sample"' >events/syscalls/filter
                    for event in \(events.joined(separator: " ")) syscalls; do echo 1 >events/$event/enable; done
                    """)
                let path = lab.folder.file("session")
                let record = try await lab.record(
                    ["--on", node, "-e", "syscalls", "-f", "syscalls: comm == \"sample\""]
                        + events.flatMap { ["-e", $0.replacingOccurrences(of: "/", with: ":")] }, into: path)
                try await lab.guest(node, "for i in $(seq 20); do (sample 3 1); sample-shared; done")
                record.send(SIGINT)
                let status = try await record.exit()
                #expect(status == .success, "\(record.errors.text)")
                let truth = KernelText(
                    try await lab.guest(
                        node,
                        "cd \(witness) && echo 0 >tracing_on && cat trace; echo 0 >events/enable; rmdir \(witness)"))

                let report = try await lab.run(["report", path, "--format", "ftrace"])
                #expect(KernelText.head(report.output.texts) == KernelText.head(truth.lines))
                let lines = report.output.texts.filter { !$0.hasPrefix("#") }
                // An emulated CPU may wait for a real one between the two time stamps of an event.
                let agreement = try truth.agreement(of: lines, named: "sample-", tolerance: 50_000)
                print("lab: \(lines.count) lines of \(node): \(agreement)")
                #expect(lines.count > 500)
                #expect(agreement.unflagged * 20 <= lines.count, "\(agreement)")
                #expect(agreement.different.isEmpty, "\(agreement)\n\(agreement.different.first ?? "")")
                let stamps = lines.compactMap(KernelText.time)
                #expect(stamps == stamps.sorted())
            }
        }
    }
}
