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
                    // Stopped before that, the node would be one that does not answer.
                    try await eventually("the node is heard again", within: .seconds(40)) {
                        try await Self.received(fleet) > 0
                    }
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

        @Test(
            "A cut for longer than memory holds, with a spool on disk: nothing is lost, and the spool is empty afterwards"
        )
        func spooled() async throws {
            try await NetworkNamespace.with { namespace in
                try await TemporaryFolder.with { folder in
                    let spool = folder.file("spool")
                    let options = Fleet.Options(
                        agentArguments: ["--memory", "1", "--spool", spool, "--spool-bytes", "256M"],
                        namespaces: [namespace])
                    try await Fleet.with(agents: 1, options) { fleet in
                        let name = SystemCallLoad.freshName()
                        let record = try await fleet.record(
                            ["-e", SystemCallLoad.event, "-f", SystemCallLoad.filter(name)],
                            into: fleet.folder.file("s"))
                        try await namespace.setLink(up: false)
                        let load = SystemCallLoad(cpu: 0, rate: 100_000, most: 400_000, name: name)
                        try await load.finished(within: .seconds(60))
                        #expect(Self.bytes(below: spool) > 1 << 20)
                        try await namespace.setLink(up: true)
                        try await eventually("everything is delivered", within: .seconds(40)) {
                            try await Self.received(fleet) == 400_000
                        }
                        record.send(SIGINT)
                        let status = try await record.exit(within: .seconds(60))
                        #expect(status == .success, "\(record.errors.text)")
                        let line = try #require(AccountLine.all(in: record.errors.texts).first)
                        #expect(line.recorded == 400_000 && line.received == 400_000 && line.lost == 0, "\(line)")
                        try await eventually("the spool is empty") { Self.bytes(below: spool) < 1000 }
                    }
                }
            }
        }

        @Test("A spool on a disk that is full: said once, memory is used, and every loss is counted")
        func spoolDiskFull() async throws {
            try await NetworkNamespace.with { namespace in
                try await TemporaryFolder.with { folder in
                    try await SmallDisk.with(megabytes: 2, in: folder) { disk in
                        let options = Fleet.Options(
                            agentArguments: ["--memory", "1", "--spool", "\(disk.path)/spool"], namespaces: [namespace])
                        try await Fleet.with(agents: 1, options) { fleet in
                            let name = SystemCallLoad.freshName()
                            let record = try await fleet.record(
                                ["--buffer", "64", "-e", SystemCallLoad.event, "-f", SystemCallLoad.filter(name)],
                                into: fleet.folder.file("s"))
                            try await namespace.setLink(up: false)
                            let load = SystemCallLoad(cpu: 0, rate: 100_000, most: 800_000, name: name)
                            try await load.finished(within: .seconds(60))
                            let log = try #require(fleet.agent(fleet.names[0])?.errors.texts)
                            #expect(log.count { $0.contains("events are kept in memory until") } == 1, "\(log)")
                            try await namespace.setLink(up: true)
                            try await eventually("the node is heard again", within: .seconds(40)) {
                                try await Self.received(fleet) > 0
                            }
                            record.send(SIGINT)
                            try await record.exit(within: .seconds(60))
                            let line = try #require(AccountLine.all(in: record.errors.texts).first)
                            #expect(line.balances && line.recorded == 800_000 && line.received > 0, "\(line)")
                        }
                    }
                }
            }
        }

        /// Events that the controller has had of the fleet's first node. Not what the node says that it keeps: that is some
        /// seconds old, and of a time before the cut while nothing newer has come.
        private static func received(_ fleet: Fleet) async throws -> Int {
            let lines = try await fleet.run(["nodes", "--format", "json"] + fleet.access).output.texts
            let node = try lines.first.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) } as? [String: Any]
            return node?["events"] as? Int ?? 0
        }

        /// Of the files in a folder and below it.
        private static func bytes(below path: String) -> Int {
            let files = FileManager.default.enumerator(atPath: path)?.allObjects as? [String] ?? []
            return files.reduce(0) { sum, name in
                let facts = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")
                return facts?[.type] as? FileAttributeType == .typeRegular ? sum + (facts?[.size] as? Int ?? 0) : sum
            }
        }
    }
}
