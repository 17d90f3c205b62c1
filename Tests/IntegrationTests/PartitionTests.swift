import Foundation
import Testing

extension IntegrationTests {
    /// Links that are cut for longer than the controller's lease, or than a node can keep what it records.
    @Suite(.serialized, .needsNamespaces)
    struct PartitionTests {
        @Test("A session's own lease: a cut that is longer than the controller's costs nothing")
        func ownLease() async throws {
            try await NetworkNamespace.with { namespace in
                let options = Fleet.Options(controllerArguments: ["--lease", "3s"], namespaces: [namespace])
                try await Fleet.with(agents: 2, options) { fleet in
                    let load = SystemCallLoad(cpu: 0, rate: 500)
                    let trace = try await fleet.trace(load.selection + ["--format", "json", "--lease", "1h"])
                    try await Task.sleep(for: .seconds(1))
                    try await namespace.setLink(up: false)
                    try await Task.sleep(for: .seconds(7))
                    try await namespace.setLink(up: true)
                    try await trace.output.line(containing: "\"type\":\"recovered\"", within: .seconds(30))
                    trace.send(SIGINT)
                    let status = try await trace.exit(within: .seconds(60))
                    try await load.stop()
                    #expect(status == .success, "\(trace.errors.text)")
                    let records = try TimelineRecord.parse(trace.output.texts)
                    for name in fleet.names {
                        let calls = NumberedCalls(records, node: name)
                        #expect(calls.fault == nil, "\(name): \(calls.fault ?? "")")
                        let line = AccountLine.all(in: trace.errors.texts).first { $0.node == name }
                        #expect(line?.balances == true && line?.lost == 0 && line?.received == UInt64(calls.count))
                        #expect(calls.count > 3_500, "\(calls.count)")
                    }
                }
            }
        }

        @Test("A session that stops while a node is away waits for it as long as its lease says")
        func awayAtTheStop() async throws {
            try await NetworkNamespace.with { namespace in
                try await Fleet.with(agents: 1, Fleet.Options(namespaces: [namespace])) { fleet in
                    let load = SystemCallLoad(cpu: 0, rate: 500)
                    let trace = try await fleet.trace(load.selection + ["--format", "json", "--lease", "60s"])
                    try await Task.sleep(for: .seconds(1))
                    try await namespace.setLink(up: false)
                    try await Task.sleep(for: .seconds(1))
                    trace.send(SIGINT)
                    // Longer than a session without a lease would wait.
                    try await Task.sleep(for: .seconds(9))
                    #expect(trace.isRunning)
                    try await namespace.setLink(up: true)
                    let status = try await trace.exit(within: .seconds(60))
                    try await load.stop()
                    #expect(status == .success, "\(trace.errors.text)")
                    let calls = NumberedCalls(try TimelineRecord.parse(trace.output.texts), node: fleet.names[0])
                    #expect(calls.fault == nil, "\(calls.fault ?? "")")
                    try await eventually("the node cleans up") { fleet.instances.isEmpty }
                }
            }
        }

        @Test(
            "Memory and ring buffer full: by --on-full the oldest, the newest or what comes after is lost, and counted",
            arguments: ["overwrite", "drop", "stop"])
        func full(_ choice: String) async throws {
            try await NetworkNamespace.with { namespace in
                let options = Fleet.Options(agentArguments: ["--memory", "1"], namespaces: [namespace])
                try await Fleet.with(agents: 1, options) { fleet in
                    let node = fleet.names[0]
                    let name = SystemCallLoad.freshName()
                    let selection = ["-e", SystemCallLoad.event, "-f", SystemCallLoad.filter(name)]
                    let folder = fleet.folder.file("s")
                    let record = try await fleet.record(
                        ["--buffer", "64", "--on-full", choice] + selection, into: folder)
                    let instance = try #require(fleet.instances.first)
                    let overwrites = try String(
                        contentsOfFile: "\(TracefsState.instancesFolder)/\(instance)/options/overwrite", encoding: .utf8
                    )
                    #expect(overwrites.hasPrefix(choice == "overwrite" ? "1" : "0"))
                    try await namespace.setLink(up: false)
                    let load = SystemCallLoad(cpu: 0, rate: 100_000, most: 400_000, name: name)
                    try await load.finished(within: .seconds(60))
                    try await namespace.setLink(up: true)
                    try await Task.sleep(for: .seconds(4))
                    record.send(SIGINT)
                    let status = try await record.exit(within: .seconds(60))
                    let line = try #require(AccountLine.all(in: record.errors.texts).first { $0.node == node })
                    #expect(line.balances, "\(record.errors.text)")
                    if choice == "stop" {
                        #expect(status == .exited(1))
                        #expect(record.errors.text.contains("its buffers were full (--on-full stop)"))
                        // Those that had no room until recording was switched off.
                        #expect((line.lost ?? .max) < 100_000, "\(line)")
                        let calls = NumberedCalls(try await fleet.report(folder, expecting: .exited(1)), node: node)
                        #expect(calls.fault == nil, "\(calls.fault ?? "")")
                    } else {
                        #expect(status == .success, "\(record.errors.text)")
                        #expect((line.lost ?? 0) > 0 && line.recorded == 400_000, "\(line)")
                    }
                }
            }
        }
    }
}
