import Foundation
import Testing

extension LabTests {
    /// The agent as it is released (`scripts/build-release`), which the lab's nodes run.
    @Suite(.serialized)
    struct LabReleaseTests {
        @Test(
            "Under a full load of system calls an agent that has just started has less than 25 MiB resident",
            .enabled(if: Lab.names.contains(Lab.host), "SKIPPED, not tested: scripts/lab without --host"))
        func memory() async throws {
            try await Lab.with { lab in
                let agent = try await restarted(lab)
                let loads = (0..<2).map { SystemCallLoad(cpu: $0, limit: 20) }
                let record = try await lab.record(
                    ["-e", "raw_syscalls:*", "--on", "role=\(Lab.host)"], into: lab.folder.file("session"))
                var resident: [Int] = []
                for _ in 0..<70 {
                    resident.append(try #require(ProcessTable.residentKilobytes(of: agent)))
                    try await Task.sleep(for: .milliseconds(50))
                }
                record.send(SIGINT)
                try await record.exit(within: .seconds(60))
                for load in loads { try await load.stop() }
                // Most of the time: what waits for a controller that gets no processor time is in memory too.
                let usual = resident.sorted()[resident.count / 2]
                #expect(usual > 5 << 10 && usual < 25 << 10, "\(usual) KiB, at most \(resident.max() ?? 0)")
            }
        }

        /// Ends this machine's agent, and waits for the next one.
        private func restarted(_ lab: Lab) async throws -> pid_t {
            let before = try lab.pid(of: Lab.host)
            kill(before, SIGTERM)
            try await eventually("the lab starts another agent", within: .seconds(30)) {
                try lab.pid(of: Lab.host) != before
            }
            try await lab.connected([Lab.host])
            return try lab.pid(of: Lab.host)
        }
    }
}
