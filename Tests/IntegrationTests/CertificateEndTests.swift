import Foundation
import SecureTransport
import Testing

extension IntegrationTests {
    /// Certificates that end while their connections are open.
    @Suite("Certificates that end")
    struct CertificateEndTests {
        /// Puts a certificate in place of a peer's that is valid for so many more seconds.
        private func shorten(_ identity: PeerIdentity, to stem: String, _ fleet: Fleet, seconds: Int64) throws {
            let now = wallClock() / 1_000_000_000
            let issued = try CertificateAuthority.open(fleet.pki).issue(
                identity, now: now, validity: CertificateValidity(notBefore: now - 300, notAfter: now + seconds))
            try Data(issued.certificatePEM).write(to: URL(fileURLWithPath: "\(stem).crt"))
            try Data(issued.keyPEM).write(to: URL(fileURLWithPath: "\(stem).key"))
            chmod("\(stem).key", 0o600)
        }

        @Test("A node's: its part of the session ends with the reason, and the node is refused from then on")
        func node() async throws {
            try await Fleet.with(agents: 2) { fleet in
                let name = fleet.names[0]
                let agent = try #require(fleet.agent(name))
                try await agent.terminate()
                try shorten(.node(name), to: "\(fleet.pki)/nodes/\(name)", fleet, seconds: 8)
                let short = try fleet.startAgent(name)
                _ = try await short.errors.line(containing: "connected")
                let trace = try await fleet.run(
                    ["trace", "-e", "sched:sched_process_exec", "--for", "14s"] + fleet.access, expecting: .exited(1),
                    within: .seconds(60))
                let text = trace.output.text + trace.errors.text
                #expect(text.contains("certificate has expired"), "\(text)")
                #expect(short.errors.text.contains("certificate has expired"), "\(short.errors.text)")
                let nodes = try await fleet.run(["nodes"] + fleet.access)
                #expect(nodes.output.text.split(separator: "\n").contains { $0.hasPrefix(name) && $0.contains("gone") })
                try await short.terminate()
            }
        }

        @Test("An operator's: its session stops, and the command says why")
        func `operator`() async throws {
            try await Fleet.with(agents: 1) { fleet in
                let stem = fleet.folder.file("short")
                try shorten(.operator("short", role: .tracer), to: stem, fleet, seconds: 5)
                let trace = try await fleet.run(
                    [
                        "trace", "-e", "sched:sched_process_exec", "--for", "20s", "--controller",
                        "127.0.0.1:\(fleet.port)", "--cert", "\(stem).crt", "--key", "\(stem).key", "--ca",
                        "\(fleet.pki)/ca.crt",
                    ], expecting: .exited(1), within: .seconds(60))
                #expect(trace.errors.text.contains("certificate has expired"), "\(trace.errors.text)")
                try await eventually("nothing records any more") { fleet.instances.isEmpty }
            }
        }
    }
}
