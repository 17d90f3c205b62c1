import Foundation
import NIOCore
import SecureTransport
import Testing

/// The other side is openssl(1).
@Suite(.timeLimit(.minutes(1)))
struct OpenSSLToolTests {
    let pki: TestPKI

    init() throws { pki = try TestPKI.shared.get() }

    private func client(_ port: Int, _ credentials: Credentials?, _ more: [String] = []) -> [String] {
        var arguments = [
            "openssl", "s_client", "-connect", "127.0.0.1:\(port)", "-alpn", "fleetrace/1", "-CAfile",
            pki.controller.authority, "-verify_return_error",
        ]
        if let credentials { arguments += ["-cert", credentials.certificate, "-key", credentials.key] }
        return arguments + more
    }

    @Test func clientTalks() async throws {
        let server = try await TestServer.start(try TLSContext.server(pki.controller.files), part: .closeAfter(6))
        let output = try await Command.runAsync(client(server.port, try pki.node(), ["-ign_eof"]), input: "hello\n")
        let seen = await server.connection().wait { $0.isInactive }
        try await server.stop()
        #expect(output.status == 0, "\(output.stderr)")
        #expect(output.stdout.contains("Verify return code: 0 (ok)"))
        #expect(output.stdout.contains("TLSv1.3"))
        #expect(output.stdout.contains("ALPN protocol: fleetrace/1"))
        #expect(!output.stdout.contains("New Session Ticket"))
        #expect(seen.received == 6)
        #expect(seen.failures.isEmpty)
    }

    @Test func clientWithoutCertificate() async throws {
        let server = try await TestServer.start(try TLSContext.server(pki.controller.files))
        let output = try await Command.runAsync(client(server.port, nil, ["-ign_eof"]), input: "hello\n")
        let seen = await server.connection().wait { $0.isInactive }
        try await server.stop()
        #expect(output.stderr.contains("alert certificate required"), "\(output.stderr)")
        #expect(seen.failures.map(\.check) == [.noCertificate])
    }

    @Test(arguments: [["-tls1_2"], ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"]])
    func olderVersions(_ arguments: [String]) async throws {
        let server = try await TestServer.start(try TLSContext.server(pki.controller.files))
        let output = try await Command.runAsync(client(server.port, try pki.node(), arguments))
        let seen = await server.connection().wait { $0.isInactive }
        try await server.stop()
        #expect(output.status != 0)
        guard case .protocolVersion? = seen.failures.first?.check else {
            Issue.record("\(seen.failures)")
            return
        }
    }

    /// A key update requests that the other side changes its key too (RFC 8446, 4.6.3).
    @Test func keyUpdate() async throws {
        let server = try await TestServer.start(try TLSContext.server(pki.controller.files), part: .echo)
        let tool = try RunningCommand(client(server.port, try pki.node()), mergesErrors: true)
        tool.send("abc\n", ends: false)
        let record = await server.connection()
        _ = await record.wait { $0.received == 4 }
        // s_client reads a command with one read, so "def" must be in another.
        tool.send("K\n", ends: false)
        var isUpdated = false
        while !isUpdated, let line = tool.readLine() { isUpdated = line.contains("KEYUPDATE") }
        tool.send("def\n", ends: false)
        _ = await record.wait { $0.received == 8 }
        tool.send("Q\n")
        let output = await tool.finishAsync()
        let seen = await record.wait { $0.isInactive }
        try await server.stop()
        #expect(isUpdated)
        #expect(output.stdout.contains("def"))
        #expect(seen.failures.isEmpty)
    }

    /// s_server sends session tickets after the handshake. They must be ignored.
    @Test func serverTalks() async throws {
        let port = try Self.freePort()
        let server = try RunningCommand([
            "openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-cert", pki.controller.certificate, "-key",
            pki.controller.key, "-CAfile", pki.controller.authority, "-Verify", "1", "-verify_return_error", "-alpn",
            "fleetrace/1", "-naccept", "1",
        ])
        while let line = server.readLine(), !line.hasPrefix("ACCEPT") {}
        let context = try TLSContext.client(try pki.node().files, server: .controller("main"))
        let client = try await TestClient.connect(port: port, context)
        try await client.channel.writeAndFlush(ByteBuffer(string: "hello from the client\n"))
        server.send("hello from the server\n", ends: false)
        let seen = await client.record.wait { $0.received == 22 }
        #expect(seen.facts?.version == "TLSv1.3")
        try await client.channel.close()
        let output = await server.finishAsync()
        #expect(output.stdout.contains("hello from the client"))
        #expect(client.record.seen.failures.isEmpty)
    }

    /// A free port.
    private static func freePort() throws -> Int {
        let text = try Command.check([
            "python3", "-c", "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])",
        ])
        return Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    }
}
