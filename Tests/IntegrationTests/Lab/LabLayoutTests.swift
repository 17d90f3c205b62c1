import Foundation
import Testing

extension LabTests {
    /// One session over kernels that lay the same events out differently.
    @Suite(.serialized)
    struct LabLayoutTests {
        /// Events that changed between Linux 5.10 and 7.2: names became locations, fields were added and widened.
        private static let events = [
            "sched:sched_process_fork", "sched:sched_process_exit", "sched:sched_process_exec", "task:task_newtask",
        ]
        private static let children = 7

        /// The fields of an event on a guest, with offsets and sizes.
        private static func layout(_ event: String, _ name: String, _ lab: Lab) async throws -> [String] {
            let path = "/sys/kernel/tracing/events/\(event.replacingOccurrences(of: ":", with: "/"))/format"
            return try await lab.guest(name, "grep field: \(path)")
        }

        @Test("Fields mean the same on every kernel, and counts by a field are the same for the same load")
        func layouts() async throws {
            try await Lab.with { lab in
                var different = 0
                for event in Self.events {
                    var layouts: Set<[String]> = []
                    for name in lab.guests { layouts.insert(try await Self.layout(event, name, lab)) }
                    if layouts.count > 1 { different += 1 }
                }
                print("lab: \(different) of \(Self.events.count) events have several layouts")
                #expect(different > 0 || Set(Lab.kernels.values).count < 2)
                let stat = try await lab.stat(
                    ["-e", "sched:sched_process_exit", "--by", "comm", "--format", "json"])
                let trace = try await lab.trace(Self.events.flatMap { ["-e", $0] } + ["--format", "json"])
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try await lab.guests(
                            """
                            cp /usr/bin/sample /tmp/ftlayout
                            for i in $(seq \(Self.children)); do /tmp/ftlayout >/dev/null; done
                            """)
                    }
                    if lab.hasHost {
                        group.addTask {
                            let program = lab.folder.file("ftlayout")
                            try FileManager.default.createSymbolicLink(
                                atPath: program, withDestinationPath: "/bin/true")
                            let load = try RunningProcess(
                                ["sh", "-c", "for i in $(seq \(Self.children)); do \(program); done"])
                            try await load.exit()
                        }
                    }
                    try await group.waitForAll()
                }
                for command in [stat, trace] {
                    command.send(SIGINT)
                    let status = try await command.exit(within: .seconds(60))
                    #expect(status == .success, "\(command.errors.text)")
                }
                let records = try TimelineRecord.parse(trace.output.texts).events
                let counts = try CountRecord.parse(stat.output.texts)
                for name in lab.names {
                    let own = records.filter { $0.node == name }
                    let started = own.filter {
                        $0.event == Self.events[2]
                            && ($0.fields["filename"] as? String)?.hasSuffix("/ftlayout") == true
                    }
                    let pids = started.compactMap { $0.number("pid") }
                    #expect(pids.count == Self.children, "\(name)")
                    let ended = own.filter {
                        $0.event == Self.events[1] && $0.fields["comm"] as? String == "ftlayout"
                    }
                    #expect(ended.compactMap { $0.number("pid") } == pids, "\(name)")
                    #expect(ended.allSatisfy { $0.number("prio") == 120 }, "\(name): \(ended.map(\.text))")
                    for (event, field) in [(Self.events[0], "child_pid"), (Self.events[3], "pid")] {
                        let forked = own.filter { $0.event == event }.compactMap { $0.number(field) }
                        #expect(Set(pids).isSubset(of: forked), "\(name): \(event)")
                    }
                    let key = counts.of(name, Self.events[1]).byKey["ftlayout"]
                    #expect(key == UInt64(Self.children), "\(name): \(counts.of(name, Self.events[1]).byKey)")
                }
            }
        }
    }
}
