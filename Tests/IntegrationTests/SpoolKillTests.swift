import Foundation
import Testing

extension IntegrationTests {
    /// Agents with a spool that are killed.
    @Suite(.serialized)
    struct SpoolKillTests {
        @Test("An agent with a spool, killed at random moments: every event arrives once, and none is stated as lost")
        func kills() async throws {
            try await TemporaryFolder.with { folder in
                let arguments = ["--spool", folder.file("spool"), "--state", folder.file("state")]
                try await Fleet.with(agents: 1, Fleet.Options(agentArguments: arguments)) { fleet in
                    let node = fleet.names[0]
                    let load = SystemCallLoad(cpu: 0, rate: 20_000)
                    let path = fleet.folder.file("s")
                    let record = try await fleet.record(load.selection, into: path)
                    for _ in 0..<8 {
                        try await Task.sleep(for: .milliseconds(Int.random(in: 300...1500)))
                        let agent = try #require(fleet.agent(node))
                        agent.kill()
                        try await eventually("its death") { !agent.isRunning }
                        try fleet.startAgent(node)
                        try await fleet.connected([node])
                    }
                    try await load.stop()
                    try await Task.sleep(for: .seconds(1))
                    record.send(SIGINT)
                    let status = try await record.exit(within: .seconds(60))
                    #expect(status == .success, "\(record.errors.text)")
                    let line = try #require(AccountLine.all(in: record.errors.texts).first { $0.node == node })
                    #expect(line.balances && line.lost == 0, "\(record.errors.text)")
                    #expect(!record.errors.text.contains("lost at agent"), "\(record.errors.text)")
                    let calls = NumberedCalls(try await fleet.report(path), node: node)
                    #expect(calls.fault == nil && UInt64(calls.count) == line.received, "\(calls.fault ?? "")")
                }
            }
        }
    }
}
