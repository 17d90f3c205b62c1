import Foundation
import Testing

extension IntegrationTests {
    /// Whatever ends or pauses: the account of `record`, the manifest, the timeline, the summary and the exit status say
    /// the same. docs/internals/accounts.md has the table.
    @Suite(.serialized)
    struct AccountTests {
        /// What `report` makes of a recording, in every form.
        private struct Reading {
            var records: [TimelineRecord]
            var lines: [String]
            var ftrace: [String]
            var summary: RunningProcess
            var state: String
            var gaps: [[String: Any]]

            init(_ fleet: Fleet, _ path: String, expecting status: ExitStatus) async throws {
                records = try await fleet.report(path, expecting: status)
                lines = try await fleet.run(["report", path], expecting: status).output.texts
                ftrace = try await fleet.run(["report", path, "--format", "ftrace"], expecting: status).output.texts
                summary = try await fleet.run(["report", path, "--summary"], expecting: status)
                let text = try Data(contentsOf: URL(fileURLWithPath: "\(path)/manifest.json"))
                let manifest = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
                state = manifest["state"] as? String ?? ""
                gaps = (manifest["gaps"] as? [[String: Any]] ?? []).filter { $0["tolerated"] as? Bool != true }
            }

            func gaps(of node: String) -> [TimelineRecord] { records.filter { $0.type == "gap" && $0.node == node } }
        }

        /// Records with a node's fault in the middle, and checks that everything names the same reason.
        ///
        /// - Parameter fault: what happens to the first node, two seconds after the start.
        /// - Returns: the gap of that node on the timeline, and its calls.
        @discardableResult
        private func record(
            _ fleet: Fleet, reason: String, fault: (RunningProcess) async throws -> Void
        ) async throws -> (gap: TimelineRecord, calls: NumberedCalls) {
            let (node, whole) = (fleet.names[0], fleet.names[1])
            let load = SystemCallLoad(cpu: 0, rate: 500)
            let path = fleet.folder.file("session")
            let record = try await fleet.record(load.selection, into: path)
            try await Task.sleep(for: .seconds(2))
            try await fault(record)
            record.send(SIGINT)
            let status = try await record.exit(within: .seconds(60))
            try await load.stop()
            #expect(status == .exited(1), "\(record.errors.text)")
            let reading = try await Reading(fleet, path, expecting: .exited(1))
            let gap = try #require(reading.gaps(of: node).last, "\(reading.lines.suffix(5))")
            #expect(gap.text?.contains(reason) == true)
            #expect(reading.gaps(of: whole).isEmpty)
            let isGap = { (line: String) in line.contains("no record") && line.contains(reason) }
            #expect(reading.lines.contains { $0.hasPrefix("# ") && isGap($0) })
            #expect(reading.ftrace.contains { $0.hasPrefix("# ") && isGap($0) })
            for text in [record.errors.texts, reading.summary.output.texts] {
                #expect(text.contains { $0.hasPrefix(node) && isGap($0) }, "\(text)")
                #expect(text.contains { $0.hasPrefix("total: ") && $0.contains("NOT COMPLETE") }, "\(text)")
            }
            for text in [record.errors.texts, reading.summary.errors.texts] {
                #expect(text.contains { $0.hasPrefix("problem: node \(node): ") && isGap($0) }, "\(text)")
            }
            #expect(reading.state.hasPrefix("incomplete: ") && reading.state.contains(reason), "\(reading.state)")
            #expect(reading.gaps.count == 1 && (reading.gaps.first?["reason"] as? String)?.contains(reason) == true)
            #expect(NumberedCalls(reading.records, node: whole).fault == nil)
            // Every event of the node lies outside the gap.
            let last = reading.records.events.filter { $0.node == node }.map(\.time).max() ?? 0
            #expect(last <= gap.time + 100_000_000, "events \(last - gap.time) ns into the gap")
            return (gap, NumberedCalls(reading.records, node: node))
        }

        @Test("A node's agent is ended in order in the middle of a session")
        func endedAgent() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let (_, calls) = try await record(fleet, reason: "the agent was stopped") { _ in
                    try await fleet.agent(fleet.names[0])?.terminate()
                    try await Task.sleep(for: .seconds(1))
                }
                #expect(calls.fault == nil, "\(calls.fault ?? "")")
            }
        }

        @Test("kill -9 of an agent that never comes back")
        func killedAgent() async throws {
            try await Fleet.with(agents: 2) { fleet in
                _ = try await record(fleet, reason: "the node was gone when the session stopped") { _ in
                    fleet.agent(fleet.names[0])?.kill()
                    try await Task.sleep(for: .seconds(1))
                }
            }
        }

        @Test("kill -9 of an agent, and a new one")
        func restartedAgent() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let node = fleet.names[0]
                _ = try await record(fleet, reason: "the agent was restarted") { _ in
                    fleet.agent(node)?.kill()
                    try await fleet.agent(node)?.exit()
                    try fleet.startAgent(node)
                    try await fleet.connected([node])
                }
            }
        }

        @Test("An agent that is stopped (SIGSTOP) when the session stops")
        func stoppedAgent() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let agent = try #require(fleet.agent(fleet.names[0]))
                defer { agent.send(SIGCONT) }
                _ = try await record(fleet, reason: " 2 s") { _ in
                    agent.send(SIGSTOP)
                    try await Task.sleep(for: .seconds(1))
                }
                agent.send(SIGCONT)
            }
        }

        @Test("An agent that is stopped (SIGSTOP) for three seconds and goes on: the kernel records meanwhile")
        func pausedAgent() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let load = SystemCallLoad(cpu: 0, rate: 500)
                let path = fleet.folder.file("session")
                let record = try await fleet.record(load.selection, into: path)
                try await Task.sleep(for: .seconds(1))
                fleet.agent(fleet.names[0])?.send(SIGSTOP)
                try await Task.sleep(for: .seconds(3))
                fleet.agent(fleet.names[0])?.send(SIGCONT)
                try await Task.sleep(for: .seconds(1))
                record.send(SIGINT)
                let status = try await record.exit()
                try await load.stop()
                #expect(status == .success, "\(record.errors.text)")
                let reading = try await Reading(fleet, path, expecting: .success)
                #expect(reading.state == "complete" && reading.gaps.isEmpty)
                #expect(NumberedCalls(reading.records, node: fleet.names[0]).fault == nil)
            }
        }

        @Test("Somebody switches tracing_on off for a second")
        func switchedOff() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let node = fleet.names[0]
                let load = SystemCallLoad(cpu: 0, rate: 500)
                let path = fleet.folder.file("session")
                let record = try await fleet.record(load.selection, into: path)
                try await Task.sleep(for: .seconds(1))
                let instance = try #require(TracefsState.instances(of: node).first)
                let file = "\(TracefsState.instancesFolder)/\(instance)/tracing_on"
                let off = wallClock()
                try Data("0".utf8).write(to: URL(fileURLWithPath: file))
                try await Task.sleep(for: .seconds(1))
                try Data("1".utf8).write(to: URL(fileURLWithPath: file))
                try await Task.sleep(for: .seconds(1))
                record.send(SIGINT)
                let status = try await record.exit()
                try await load.stop()
                #expect(status == .exited(1), "\(record.errors.text)")
                let reading = try await Reading(fleet, path, expecting: .exited(1))
                let gap = try #require(reading.gaps(of: node).first)
                #expect(gap.text?.contains("tracing_on") == true && abs(gap.time - off) < 300_000_000)
                #expect(reading.state.contains("tracing_on") && reading.gaps.count == 1)
                // It stands on the timeline where it begins.
                let index = try #require(reading.records.firstIndex { $0.type == "gap" })
                let before = reading.records[..<index].filter(\.isEvent).map(\.time).max() ?? 0
                let after = reading.records[index...].filter(\.isEvent).map(\.time).min() ?? 0
                #expect(before <= gap.time && gap.time <= after)
                #expect(reading.summary.output.text.contains("NOT COMPLETE: 1 problem"))
            }
        }

        @Test("kill -9 of the controller: the recording ends where the last watermarks are, and says so")
        func killedController() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let load = SystemCallLoad(cpu: 0, rate: 500)
                let path = fleet.folder.file("session")
                let record = try await fleet.record(load.selection, into: path)
                try await Task.sleep(for: .seconds(1))
                fleet.controller?.kill()
                let status = try await fleet.endWaiting(record)
                try await load.stop()
                #expect(status == .exited(1))
                let reading = try await Reading(fleet, path, expecting: .exited(1))
                let gap = try #require(reading.gaps(of: fleet.names[0]).first)
                #expect(gap.text?.contains("connection to the controller was lost") == true)
                #expect(reading.state.contains("connection to the controller was lost"))
                // What the controller had stored itself says the same, before another one removes it.
                let stored = try #require(
                    try FileManager.default.contentsOfDirectory(atPath: fleet.data).first {
                        FileManager.default.fileExists(atPath: "\(fleet.data)/\($0)/manifest.json")
                    })
                let left = try await fleet.run(["report", "\(fleet.data)/\(stored)"], expecting: .exited(1))
                #expect(left.output.texts.contains { $0.hasPrefix("# ") && $0.contains("no record from here on") })
                #expect(left.errors.text.contains("cut off while it was being recorded"), "\(left.errors.text)")
                let total = try #require(record.errors.texts.first { $0.hasPrefix("total: ") })
                #expect(total.contains("at least 0 lost (not known of \(fleet.names[0]))"), "\(total)")
            }
        }

        @Test("A count of which one agent is ended: the reason, exit status 1")
        func endedCount() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let stat = try await fleet.stat(["-e", "sched:sched_switch"])
                try await Task.sleep(for: .seconds(1))
                try await fleet.agent(fleet.names[0])?.terminate()
                try await Task.sleep(for: .seconds(1))
                stat.send(SIGINT)
                let status = try await stat.exit()
                #expect(status == .exited(1), "\(stat.errors.text)")
                #expect(
                    stat.errors.texts.contains {
                        $0.hasPrefix("problem: node \(fleet.names[0]): no record for ")
                            && $0.contains("the agent was stopped")
                    }, "\(stat.errors.text)")
            }
        }

        @Test("top of which one agent is ended: the node is said to have ended, exit status 1")
        func endedTop() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let top = try fleet.keep(
                    RunningProcess(
                        [try Executables.fleetrace(), "top", "-e", "sched:sched_switch", "--for", "6s"] + fleet.access))
                try await top.output.line(containing: fleet.names[0], within: .seconds(20))
                try await fleet.agent(fleet.names[0])?.terminate()
                let status = try await top.exit()
                #expect(status == .exited(1))
                #expect(top.output.text.contains("ended: the agent was stopped"), "\(top.output.text.suffix(500))")
                #expect(top.errors.text.contains("problem: node \(fleet.names[0]): no record"), "\(top.errors.text)")
            }
        }
    }
}
