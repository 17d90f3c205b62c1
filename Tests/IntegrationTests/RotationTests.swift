import Foundation
import Testing

extension IntegrationTests {
    /// `record --rotate`, on the real kernel.
    @Suite(.serialized)
    struct RotationTests {
        @Test("Numbered calls are in one part each, every part is a whole recording, and the account is of all of them")
        func parts() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let numbered = SystemCallLoad(cpu: 0, rate: 1000)
                let bulk = SystemCallLoad(cpu: 1, rate: 20_000)
                let folder = fleet.folder.file("parts")
                let record = try await fleet.record(
                    ["-e", "raw_syscalls", "--rotate", "1M"] + numbered.selection, into: folder)
                try await eventually("four parts: \(record.errors.text)", within: .seconds(60)) {
                    record.errors.texts.count { $0.contains(" goes on") } >= 4
                }
                record.send(SIGINT)
                let status = try await record.exit()
                try await numbered.stop()
                try await bulk.stop()
                #expect(status == .success, "\(record.errors.text)")
                let parts = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                #expect(parts.count >= 5 && parts.first == "part-000001", "\(parts)")
                try await Self.expectWhole(fleet, folder, parts, numbered, record)
                let all = try await fleet.run(["report", folder, "--summary"])
                #expect(all.output.text.contains("part-000001/\(fleet.names[0])"), "\(all.output.text)")
            }
        }

        private static func expectWhole(
            _ fleet: Fleet, _ folder: String, _ parts: [String], _ load: SystemCallLoad, _ record: RunningProcess
        ) async throws {
            var records: [TimelineRecord] = []
            var received: [String: UInt64] = [:]
            for part in parts {
                let path = "\(folder)/\(part)"
                let report = try await fleet.run(["report", path, "--format", "json", "--comm", load.name])
                records += try TimelineRecord.parse(report.output.texts)
                let verified = try await fleet.run(["verify", path])
                #expect(verified.output.text.contains("whole: 2 nodes"), "\(verified.output.text)")
                let summary = try await fleet.run(["report", path, "--summary"])
                for row in summary.output.texts.compactMap({ SummaryRow($0) }) {
                    #expect(row.balances, "\(part): \(summary.output.text)")
                    received[row.node, default: 0] += row.received
                }
            }
            for name in fleet.names {
                let calls = NumberedCalls(records, node: name)
                #expect(calls.fault == nil && calls.count > 1000, "\(name): \(calls.fault ?? "")")
                let line = AccountLine.all(in: record.errors.texts).first { $0.node == name }
                #expect(line?.received == received[name], "\(name): \(received), \(record.errors.text)")
            }
        }

        @Test("--keep-parts leaves the newest, and --max-size ends it")
        func newest() async throws {
            try await TemporaryFolder.with { folder in
                let path = folder.file("parts")
                let bulk = SystemCallLoad(cpu: 0, rate: 20_000)
                let options = ["--local", "1", "-e", "raw_syscalls", "--rotate", "1M"]
                let record = try RunningProcess(
                    [try Executables.fleetrace(), "record", "-o", path, "--keep-parts", "2"] + options)
                try await record.errors.line(
                    containing: "part-000002 is removed: --keep-parts 2", within: .seconds(60))
                record.send(SIGINT)
                #expect(try await record.exit(within: .seconds(30)) == .success, "\(record.errors.text)")
                let parts = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
                #expect(parts.count == 2 && parts.first ?? "" >= "part-000003", "\(parts)")
                let report = try RunningProcess([try Executables.fleetrace(), "report", path, "--summary"])
                #expect(try await report.exit() == .success, "\(report.output.text)")
                let whole = try await AskedForTests.local(
                    "record",
                    [
                        "-e", "raw_syscalls", "-o", folder.file("whole"), "--rotate", "1M", "--max-size", "4M", "--for",
                        "60s",
                    ])
                #expect(whole.errors.text.contains("--max-size is reached"), "\(whole.errors.text)")
                try await bulk.stop()
            }
        }

        @Test("What does not go together is refused")
        func refusals() async throws {
            for (options, text) in [
                (["--rotate", "1000"], "at least 1M"), (["--keep-parts", "2"], "goes with --rotate"),
                (["--rotate", "1M", "--keep-parts", "0"], "at least 1"),
            ] {
                let record = try await AskedForTests.local(
                    "record", ["-e", "sched"] + options, expecting: .exited(64))
                #expect(record.errors.text.contains(text), "\(record.errors.text)")
            }
            let detached = try RunningProcess(
                [try Executables.fleetrace(), "record", "--detach", "-e", "sched", "--rotate", "1M"])
            #expect(try await detached.exit() == .exited(64))
            #expect(detached.errors.text.contains("--rotate is of a directory here"), "\(detached.errors.text)")
        }
    }
}
