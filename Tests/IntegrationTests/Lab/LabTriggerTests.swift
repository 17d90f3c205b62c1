import Foundation
import Testing

extension LabTests {
    /// Filters and triggers in the guests' kernel.
    @Suite(.serialized)
    struct LabTriggerTests {
        private static let exec = "sched:sched_process_exec"

        @Test("A filter selects in the kernel; every node refuses a malformed one with its kernel's caret")
        func filter() async throws {
            try await Lab.with { lab in
                let filter = ["-e", Self.exec, "-f", "\(Self.exec): filename ~ \"*/sample\"", "--format", "json"]
                let trace = try await lab.trace(filter)
                try await lab.guests("sample; sample-shared; sample")
                trace.send(SIGINT)
                let status = try await trace.exit()
                #expect(status == .success, "\(trace.errors.text)")
                let events = try TimelineRecord.parse(trace.output.texts).events
                #expect(Set(events.map { $0.fields["filename"] as? String }) == ["/usr/bin/sample"])
                for name in lab.guests { #expect(events.count { $0.node == name } == 2) }
                // Events that the filter rejects were never recorded.
                for line in AccountLine.all(in: trace.errors.texts) where line.node != Lab.host {
                    #expect(line.recorded == 2 && line.balances, "\(line)")
                }

                let wrong = try await lab.run(
                    ["trace", "--for", "1s", "-e", Self.exec, "-f", "\(Self.exec): filenam ~ \"x\""] + lab.access,
                    expecting: .exited(1))
                #expect(wrong.errors.text.contains("Field not found"), "\(wrong.errors.text)")
                #expect(lab.names.allSatisfy { wrong.errors.text.contains($0) }, "\(wrong.errors.text)")
            }
        }

        @Test("A hist trigger counts on the guests, and is refused by a kernel that has none")
        func histogram() async throws {
            try await Lab.with { lab in
                let trigger = ["-e", Self.exec, "-T", "\(Self.exec): hist:keys=filename"]
                let (guests, lacking) = try await lab.split(by: .histograms)
                let refusing = lacking + (lab.hasHost && !Self.hostHasHistograms ? [Lab.host] : [])
                if !refusing.isEmpty {
                    let refused = try await lab.run(
                        ["trace", "--for", "1s"] + trigger + lab.access, expecting: .exited(1))
                    let found = refused.errors.texts.first { $0.contains("hist:keys=filename") }
                    let reason = try #require(found, "\(refused.errors.text)")
                    for name in lab.names {
                        #expect(reason.contains(name) == refusing.contains(name), "\(refused.errors.text)")
                    }
                }
                guard !guests.isEmpty else { return }
                let trace = try await lab.trace(trigger + Lab.on(guests))
                for name in guests {
                    let table = try await lab.guest(
                        name,
                        "sample; sample; cat /sys/kernel/tracing/instances/fleetrace-*/events/sched/sched_process_exec/hist"
                    )
                    let row = table.first { $0.contains("filename: /usr/bin/sample ") }
                    #expect(row?.contains("hitcount:          2") == true, "\(table)")
                }
                trace.send(SIGINT)
                let status = try await trace.exit()
                #expect(status == .success, "\(trace.errors.text)")
            }
        }

        /// The list of triggers that an event can have, as its file says when none is set.
        static let hostHasHistograms: Bool = {
            let file = "\(TracefsState.root ?? "")/events/sched/sched_process_exec/trigger"
            return ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").contains("hist")
        }()

        @Test("A traceoff trigger ends the recording of its node at its event")
        func traceOff() async throws {
            try await Lab.with { lab in
                let trace = try await lab.trace([
                    "-e", Self.exec, "-T", "\(Self.exec): traceoff if filename ~ \"*/sample-shared\"", "--on",
                    "role=web", "--format", "json",
                ])
                try await lab.guests("sample; sample-shared; sample")
                trace.send(SIGINT)
                let status = try await trace.exit()
                #expect(status == .success, "\(trace.errors.text)")
                let events = try TimelineRecord.parse(trace.output.texts).events
                for name in lab.guests {
                    let programs = events.filter { $0.node == name }.compactMap { $0.fields["filename"] as? String }
                        .filter { $0.contains("sample") }
                    #expect(programs.first == "/usr/bin/sample", "\(programs)")
                    #expect(programs.count <= 2, "\(programs)")
                }
            }
        }
    }
}
