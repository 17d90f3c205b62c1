import Foundation
import Testing

extension IntegrationTests {
    /// Connections that break, and controllers that die.
    @Suite(.serialized, .needsNamespaces)
    struct ConnectionTests {
        @Test("A second machine with a node's certificate is refused, and the first one's agent logs where it is")
        func twins() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let name = fleet.names[0]
                let first = try #require(fleet.agent(name))
                let second = fleet.keep(
                    try RunningProcess(
                        [try Executables.agent(), "--controller", "127.0.0.1:\(fleet.port)", "--state", "none"]
                            + fleet.credentials(.node, name)))
                try await second.errors.line(containing: "two machines with one certificate", within: .seconds(20))
                try await first.errors.line(
                    containing: "another machine, 127.0.0.1, has this node's certificate; it was refused",
                    within: .seconds(20))
                let shown = try await fleet.run(["nodes"] + fleet.access)
                #expect(shown.output.text.contains("two machines use its certificate"), "\(shown.output.text)")
                second.send(SIGINT)
                try await second.exit(within: .seconds(20))
            }
        }

        @Test("A link that is cut for five seconds: the timeline tells and goes on; nothing is lost or duplicated")
        func cutLink() async throws {
            try await NetworkNamespace.with { namespace in
                try await Fleet.with(agents: 2, Fleet.Options(namespaces: [namespace])) { fleet in
                    let (cut, other) = (fleet.names[0], fleet.names[1])
                    let load = SystemCallLoad(cpu: 0, rate: 1000)
                    let trace = try await fleet.trace(load.selection + ["--format", "json", "--for", "16s"])
                    try await Task.sleep(for: .seconds(2))
                    let cutAt = wallClock()
                    try await namespace.setLink(up: false)
                    try await Task.sleep(for: .seconds(5))
                    try await namespace.setLink(up: true)
                    let status = try await trace.exit(within: .seconds(60))
                    try await load.stop()
                    #expect(status == .success, "\(trace.errors.text)")

                    let records = try TimelineRecord.parse(trace.output.texts)
                    for name in [cut, other] {
                        let calls = NumberedCalls(records, node: name)
                        #expect(calls.fault == nil, "\(name): \(calls.fault ?? "")")
                        let line = AccountLine.all(in: trace.errors.texts).first { $0.node == name }
                        #expect(line?.balances == true && line?.lost == 0, "\(trace.errors.text)")
                        #expect(line?.received == UInt64(calls.count))
                        // Both were traced from start to end.
                        #expect(calls.count > 12_000, "\(name): \(calls.count)")
                    }
                    #expect(records.isInOrder)
                    // A node of a busy machine may stall at the start too, so only notices after the cut count.
                    let stalls = records.filter { $0.type == "stalled" && $0.time > cutAt - 1_500_000_000 }
                    let stall = try #require(stalls.first { $0.node == cut })
                    #expect(
                        abs(stall.time - cutAt) < 1_500_000_000, "silent since \(stall.time - cutAt) ns after the cut")
                    #expect(records.contains { $0.type == "recovered" && $0.node == cut })
                    #expect(!stalls.contains { $0.node == other })
                    // What the node recorded during the cut came late, and is marked as late.
                    let late = records.events.filter(\.isLate)
                    #expect(late.count > 1000 && late.allSatisfy { $0.node == cut }, "\(late.count) late")
                    // The other node's events did not wait for it.
                    let waited = zip(trace.output.lines, records).filter {
                        $1.isEvent && $1.node == other && $1.time > cutAt && $0.arrival - $1.time > 3_500_000_000
                    }
                    #expect(waited.isEmpty, "\(waited.count) events of the other node came more than 3.5 s late")
                }
            }
        }

        @Test(
            "A cut that lasts longer than the session: the command ends, names the missing node, and the node cleans up"
        )
        func cutBeyondTheEnd() async throws {
            try await NetworkNamespace.with { namespace in
                try await Fleet.with(agents: 2, Fleet.Options(namespaces: [namespace])) { fleet in
                    let (cut, other) = (fleet.names[0], fleet.names[1])
                    let load = SystemCallLoad(cpu: 0, rate: 500)
                    let trace = try await fleet.trace(load.selection + ["--format", "json", "--for", "3s"])
                    try await Task.sleep(for: .seconds(1))
                    try await namespace.setLink(up: false)
                    let status = try await trace.exit(within: .seconds(60))
                    try await load.stop()
                    #expect(status == .exited(1))
                    let records = try TimelineRecord.parse(trace.output.texts)
                    let calls = NumberedCalls(records, node: other)
                    #expect(calls.fault == nil, "\(calls.fault ?? "")")
                    #expect(AccountLine.all(in: trace.errors.texts).contains { $0.node == other && $0.balances })
                    #expect(
                        trace.errors.texts.contains { $0.hasPrefix("problem:") && $0.contains(cut) },
                        "\(trace.errors.text)")
                    #expect(
                        !TracefsState.instances(of: cut).isEmpty, "the cut node cannot know that the session is over")

                    try await namespace.setLink(up: true)
                    try await eventually("the cut node cleans up", within: .seconds(60)) {
                        TracefsState.instances(of: cut).isEmpty
                    }
                    try await fleet.connected([cut])
                    let next = try await fleet.trace(["-e", "sched:sched_process_exec", "--for", "200ms"])
                    let second = try await next.exit()
                    #expect(second == .success, "\(next.errors.text)")
                    #expect(AccountLine.all(in: next.errors.texts).count { $0.balances } == 2)
                }
            }
        }

        @Test(
            "kill -9 of the controller: a new one has agents clean up when the operator's command does not come back"
        )
        func killedController() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let load = SystemCallLoad(cpu: 0, rate: 500)
                let trace = try await fleet.trace(load.selection + ["--format", "json"])
                try await trace.output.line(containing: "\"type\":\"event\"")
                fleet.controller?.kill()
                let status = try await fleet.endWaiting(trace)
                #expect(status == .exited(1))
                #expect(trace.errors.text.contains("connection to the controller was lost"), "\(trace.errors.text)")
                // What arrived before the cut is printed.
                #expect(NumberedCalls(try TimelineRecord.parse(trace.output.texts), node: fleet.names[0]).fault == nil)
                #expect(fleet.instances.count == 2, "agents go on for the lease: \(fleet.instances)")

                try await fleet.startController()
                try await fleet.connected(fleet.names)
                try await eventually("instances of a session that nobody takes back are removed", within: .seconds(60))
                {
                    fleet.instances.isEmpty
                }
                try await load.stop()
                let next = try await fleet.trace(["-e", "sched:sched_process_exec", "--for", "200ms"])
                let second = try await next.exit()
                #expect(second == .success, "\(next.errors.text)")
            }
        }

        @Test("Without a controller agents stop recording and clean up when the lease runs out")
        func lease() async throws {
            try await Fleet.with(agents: 1, Fleet.Options(controllerArguments: ["--lease", "3s"])) { fleet in
                let trace = try await fleet.trace(["-e", "sched:sched_process_exec"])
                #expect(fleet.instances.count == 1)
                fleet.controller?.kill()
                let killed = ContinuousClock.now
                _ = try await fleet.endWaiting(trace)
                try await eventually("the instance goes with the lease", within: .seconds(15)) {
                    fleet.instances.isEmpty
                }
                let waited = ContinuousClock.now - killed
                #expect(waited > .seconds(2), "gone after \(waited): not the lease's doing")
                #expect(fleet.agent(fleet.names[0])?.isRunning == true)
                // The agent can still take part in a later session.
                try await fleet.startController()
                try await fleet.connected(fleet.names)
                let next = try await fleet.trace(["-e", "sched:sched_process_exec", "--for", "200ms"])
                let status = try await next.exit()
                #expect(status == .success, "\(next.errors.text)")
            }
        }

        @Test("A controller that ends on SIGINT leaves nothing on the nodes")
        func terminatedController() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let trace = try await fleet.trace(["-e", "sched:sched_process_exec"])
                let controller = try #require(fleet.controller)
                controller.send(SIGINT)
                #expect(try await controller.exit(within: .seconds(20)) == .success)
                let status = try await trace.exit()
                #expect(status == .exited(1))
                #expect(trace.errors.text.contains("shutting down"), "\(trace.errors.text)")
                try await eventually("the instance goes", within: .seconds(10)) { fleet.instances.isEmpty }
            }
        }
    }
}
