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

        @Test("Somebody fills the disk, and makes room again", arguments: SmallDisk.Kind.allCases)
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
                    #expect(account.balances && account.received > 0, "\(account)")
                }
            }
        }
    }
}
