import Foundation
import Testing

extension IntegrationTests {
    /// Requests to a real block device, a loop device: issued by the reader, completed by another thread.
    @Suite(
        .serialized, .needsPrograms,
        .enabled(if: LoopDevice.isPossible, "SKIPPED, not tested: needs losetup and a free loop device"))
    struct StatBlockTests {
        @Test("Each of 200 requests is timed once by device and sector, decoded and by eBPF")
        func requests() async throws {
            try await TemporaryFolder.with { folder in
                let device = try await LoopDevice.attach(bytes: 4 << 20, in: folder)
                do {
                    try await Self.count(device)
                } catch {
                    try await device.detach()
                    throw error
                }
                try await device.detach()
            }
        }

        private static func count(_ device: LoopDevice) async throws {
            let events = ["block:block_rq_issue", "block:block_rq_complete"]
            try await Fleet.with(agents: 2) { fleet in
                let selection =
                    ["--latency", events.joined(separator: ","), "--match", "dev,sector"]
                    + events.flatMap { ["-f", "\($0): dev == \(device.number)"] }
                let stats = try await fleet.stats(selection)
                let sectors = try await fleet.stats(selection + ["--by", "nr_sector"])
                let reading = try RunningProcess([
                    "dd", "if=\(device.path)", "of=/dev/null", "bs=4096", "count=200", "iflag=direct",
                ])
                #expect(try await reading.exit() == .success, "\(reading.errors.text)")
                for (way, stat) in stats + sectors {
                    let records = try await stat.countRecords()
                    for node in fleet.names {
                        #expect(records.of(node, events.joined(separator: " -> ")).total == 200, "\(way)")
                    }
                    #expect(!stat.errors.text.contains("exits without an entry"), "\(way): \(stat.errors.text)")
                }
            }
        }
    }
}

/// A loop device over a file of a test's own.
private struct LoopDevice {
    let path: String
    /// MKDEV of include/linux/kdev_t.h.
    let number: Int

    static let isPossible =
        geteuid() == 0 && access("/usr/sbin/losetup", X_OK) == 0 && access("/dev/loop-control", F_OK) == 0

    static func attach(bytes: Int, in folder: TemporaryFolder) async throws -> LoopDevice {
        let file = folder.file("disk")
        try Data(count: bytes).write(to: URL(fileURLWithPath: file))
        let setup = try RunningProcess(["/usr/sbin/losetup", "--find", "--show", file])
        guard try await setup.exit() == .success, let path = setup.output.texts.first else {
            throw TestFailure("losetup: \(setup.errors.text)")
        }
        let numbers = try String(contentsOfFile: "/sys/class/block/\(path.dropFirst(5))/dev", encoding: .utf8)
            .split { !$0.isNumber }.compactMap { Int($0) }
        return LoopDevice(path: path, number: numbers[0] << 20 | numbers[1])
    }

    func detach() async throws {
        try await RunningProcess(["/usr/sbin/losetup", "--detach", path]).exit()
    }
}
