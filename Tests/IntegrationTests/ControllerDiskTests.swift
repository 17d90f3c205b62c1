import Foundation
import Testing

extension IntegrationTests {
    /// The controller's disk cannot be written for a while: the session waits, and every call is there at the end.
    /// docs/internals/faults.md has the table.
    @Suite(.serialized)
    struct ControllerDiskTests {
        /// Records numbered calls while something happens to the disk, and reads them back.
        private func record(_ fleet: Fleet, _ fault: () async throws -> Void) async throws {
            let load = SystemCallLoad(cpu: 1, rate: 2000)
            let path = fleet.folder.file("session")
            let record = try await fleet.record(load.selection, into: path)
            try await Task.sleep(for: .seconds(1))
            let before = load.calls
            try await fault()
            let after = load.calls
            try await Task.sleep(for: .seconds(1))
            record.send(SIGINT)
            let status = try await record.exit(within: .seconds(60))
            try await load.stop()
            #expect(status == .success, "\(record.errors.text)")
            #expect(AccountLine.all(in: record.errors.texts).allSatisfy { $0.balances && $0.lost == 0 })
            // The operator was told.
            #expect(record.errors.text.contains("the controller could not store it: "), "\(record.errors.text)")
            #expect(record.errors.text.contains("stored again"), "\(record.errors.text)")
            let records = try await fleet.report(path)
            let calls = NumberedCalls(records, node: fleet.names[0])
            #expect(calls.fault == nil, "\(calls.fault ?? "")")
            #expect(calls.arguments.contains(UInt64(SystemCallLoad.firstArgument) + before))
            #expect(calls.arguments.contains(UInt64(SystemCallLoad.firstArgument) + after))
            #expect(records.count { $0.type == "paused" } == 1 && records.count { $0.type == "resumed" } == 1)
            try await fleet.run(["verify", path])
        }

        private func wait(_ fleet: Fleet, for text: String) async throws {
            try await eventually("\"\(text)\" in the controller's log", within: .seconds(20)) {
                fleet.controller?.errors.text.contains(text) == true
            }
        }

        private static let (paused, resumed) = ("a session waits for its disk", "a session goes on")

        @Test("Somebody fills the disk, and makes room again", arguments: [SmallDisk.Kind.tmpfs, .ext4])
        func fullAndFreed(_ kind: SmallDisk.Kind) async throws {
            try await TemporaryFolder.with { folder in
                try await SmallDisk.with(megabytes: 32, kind, in: folder) { disk in
                    try await Fleet.with(agents: 1, Fleet.Options(data: disk.file("data"))) { fleet in
                        try await record(fleet) {
                            try await disk.fill()
                            try await wait(fleet, for: Self.paused)
                            try await Task.sleep(for: .seconds(2))
                            try disk.free()
                            try await wait(fleet, for: Self.resumed)
                        }
                    }
                }
            }
        }

        @Test("Writes fail, or take a part of what they should", arguments: ["EIO", "EROFS", "ENOSPC", "short"])
        func failing(_ fault: String) async throws {
            try await TemporaryFolder.with { folder in
                let data = folder.file("data")
                let disk = try await FaultyDisk(in: folder, for: data)
                let options = Fleet.Options(data: data, controllerEnvironment: disk.environment)
                try await Fleet.with(agents: 1, options) { fleet in
                    try await record(fleet) {
                        try disk.set(fault)
                        try await wait(fleet, for: Self.paused)
                        try await Task.sleep(for: .seconds(2))
                        try disk.set("ok")
                        try await wait(fleet, for: Self.resumed)
                    }
                }
            }
        }

        @Test("fdatasync fails: everything behind the last good one is sent again")
        func synchronizing() async throws {
            try await TemporaryFolder.with { folder in
                let data = folder.file("data")
                let disk = try await FaultyDisk(in: folder, for: data)
                let options = Fleet.Options(data: data, controllerEnvironment: disk.environment)
                try await Fleet.with(agents: 1, options) { fleet in
                    try await keep(fleet, break: { try disk.set("sync EIO") }, mend: { try disk.set("ok") })
                }
            }
        }

        @Test(
            "The device below the file system has no room: fdatasync fails, and pages are lost that the kernel calls clean"
        )
        func thinDevice() async throws {
            try await TemporaryFolder.with { folder in
                try await SmallDisk.with(megabytes: 64, .thin, in: folder) { disk in
                    try await Fleet.with(agents: 1, Fleet.Options(data: disk.file("data"))) { fleet in
                        try await keep(fleet, break: { try await disk.fill() }, mend: { try disk.free() })
                    }
                }
            }
        }

        /// Records a session that is kept, while its disk cannot be synchronized for a while. Its operator is the one of the
        /// wire conformance, which can ask for such a session.
        private func keep(
            _ fleet: Fleet, break: () async throws -> Void, mend: () async throws -> Void
        ) async throws {
            let load = SystemCallLoad(cpu: 1, rate: 2000)
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../WireConformance/operate.py").path
            let operate = try fleet.keep(
                RunningProcess(
                    [
                        "python3", script, "trace", "--keep", "--port", "\(fleet.port)", "--duration", "10", "-e",
                        SystemCallLoad.event, "--cert", "\(fleet.pki)/operator.crt", "--key",
                        "\(fleet.pki)/operator.key", "--ca", "\(fleet.pki)/ca.crt",
                    ]))
            try await eventually("the session has started", within: .seconds(20)) {
                operate.output.text.contains("\"opened\"")
            }
            try await Task.sleep(for: .seconds(1))
            try await `break`()
            try await wait(fleet, for: Self.paused)
            try await Task.sleep(for: .seconds(2))
            try await mend()
            try await wait(fleet, for: Self.resumed)
            let status = try await operate.exit(within: .seconds(60))
            try await load.stop()
            #expect(status == .success, "\(operate.output.text)")
            let end = try #require(operate.output.texts.last)
            #expect(end.contains("\"conserved\": true") && end.contains("\"problem\": \"\""), "\(end)")
            #expect(end.contains("\"PAUSED: the controller could not store it: ") && end.contains("\"RESUMED\""))
            let sessions = try FileManager.default.contentsOfDirectory(atPath: fleet.data)
            let session = try #require(sessions.first { $0 != "controller.id" })
            try await fleet.run(["verify", "\(fleet.data)/\(session)"])
        }

        @Test("A disk of 1 MB/s: nothing is lost that the node's memory holds")
        func slow() async throws {
            try await TemporaryFolder.with { folder in
                let data = folder.file("data")
                let disk = try await FaultyDisk(in: folder, for: data)
                let options = Fleet.Options(data: data, controllerEnvironment: disk.environment)
                try await Fleet.with(agents: 1, options) { fleet in
                    try disk.set("slow 1048576")
                    let name = SystemCallLoad.freshName()
                    let path = fleet.folder.file("session")
                    let record = try await fleet.record(
                        ["-e", SystemCallLoad.event, "-f", SystemCallLoad.filter(name)], into: path)
                    let load = SystemCallLoad(cpu: 1, most: 2_000_000, name: name)
                    try await load.finished(within: .seconds(60))
                    record.send(SIGINT)
                    let status = try await record.exit(within: .seconds(120))
                    #expect(status == .success, "\(record.errors.text)")
                    let account = try #require(AccountLine.all(in: record.errors.texts).first)
                    #expect(account.balances && account.received > 100_000, "\(account)")
                }
            }
        }
    }
}
