import Foundation
import Testing

extension IntegrationTests {
    @Suite("Private sessions, and audit lines")
    struct PrivacyTests {
        @Test("Others do not find a private session; the controller's log has every request of theirs")
        func hidden() async throws {
            try await Fleet.with(agents: 1) { fleet in
                for (name, role) in [("vera", "viewer"), ("tina", "tracer")] {
                    try await fleet.run(["ca", "issue", "operator", name, fleet.pki, "--role", role])
                }
                func access(_ name: String) -> [String] {
                    ["--controller", "127.0.0.1:\(fleet.port)"] + fleet.credentials(.operator, name)
                }
                let trace = try fleet.keep(
                    RunningProcess(
                        [
                            try Executables.fleetrace(), "trace", "--private", "-e", "sched:sched_process_exec",
                        ] + access("tina")))
                try await trace.errors.line(containing: "tracing")
                // The first operator is an admin.
                let all = try await fleet.run(["sessions"] + fleet.access).output.texts
                let row = try #require(all.first { $0.contains("owner, admins") })
                let id = try #require(row.split(separator: " ").first.map(String.init))
                let own = try await fleet.run(["sessions"] + access("tina")).output.text
                #expect(own.contains(id))
                let others = try await fleet.run(["sessions"] + access("vera")).output.text
                #expect(!others.contains(id), "\(others)")
                let attach = try await fleet.run(["attach", id] + access("vera"), expecting: .exited(1))
                #expect(attach.errors.text.contains("no session"), "\(attach.errors.text)")
                let node = try await fleet.run(["node", fleet.names[0]] + access("vera")).output.text
                #expect(node.contains("1 private session of other operators") && !node.contains(id), "\(node)")
                trace.send(SIGINT)
                let ended = try await trace.exit()
                #expect(ended == .success, "\(trace.errors.text)")
                let log = try #require(fleet.controller?.errors.texts).filter { $0.contains("] audit") }
                for request in ["list sessions", "describe node \(fleet.names[0])"] {
                    #expect(
                        log.contains {
                            $0.contains("operator/vera (viewer)") && $0.contains("127.0.0.1") && $0.contains(request)
                        }, "\(request): \(log)")
                }
            }
        }
    }
}
