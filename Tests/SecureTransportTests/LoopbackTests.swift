import NIOCore
import NIOPosix
import SecureTransport
import Testing

/// Both sides are ours, over real sockets.
@Suite(.timeLimit(.minutes(2)))
struct LoopbackTests {
    let pki: TestPKI

    init() throws { pki = try TestPKI.shared.get() }

    private func client(_ credentials: Credentials? = nil) throws -> TLSContext {
        try TLSContext.client(try (credentials ?? pki.node()).files, server: .controller("main"))
    }

    @Test func bigTransfersBothWays() async throws {
        let total = 32 << 20
        let server = try await TestServer.start(try TLSContext.server(pki.controller.files), part: .send(total))
        let connection = try await TestClient.connect(port: server.port, try client(), part: .send(total))
        let seen = await connection.record.wait { $0.received == total }
        let record = await server.connection()
        let other = await record.wait { $0.received == total }
        #expect(seen.firstWrongByte == nil && other.firstWrongByte == nil)
        try await connection.channel.close()
        _ = await record.wait { $0.isInactive }
        try await server.stop()
        #expect(connection.record.seen.failures.isEmpty && record.seen.failures.isEmpty)
    }

    @Test func aHundredConnectionsAtOnce() async throws {
        let server = try await TestServer.start(try TLSContext.server(pki.controller.files), part: .echo)
        let context = try client()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    let connection = try await TestClient.connect(port: server.port, context, part: .send(50_000))
                    let seen = await connection.record.wait { $0.received == 50_000 || $0.isInactive }
                    #expect(seen.received == 50_000)
                    #expect(seen.firstWrongByte == nil)
                    #expect(seen.failures.isEmpty)
                    try await connection.channel.close()
                }
            }
            try await group.waitForAll()
        }
        #expect(server.all.count == 100)
        for record in server.all { _ = await record.wait { $0.isInactive } }
        #expect(server.all.allSatisfy { $0.seen.failures.isEmpty })
        try await server.stop()
    }

    /// The alert must arrive although the client is writing when the server closes.
    @Test func aRefusedClientAlwaysLearnsWhy() async throws {
        let stranger = try pki.stranger(.node("web-1")).trusting(pki.controller)
        let server = try await TestServer.start(try TLSContext.server(pki.controller.files))
        let context = try client(stranger)
        for index in 0..<50 {
            let connection = try await TestClient.connect(port: server.port, context, part: .send(1 << 20))
            let seen = await connection.record.wait { $0.isInactive }
            #expect(seen.failures.map(\.reason) == ["the server refused this certificate: unknown CA"], "\(index)")
            let other = await server.connection(index).wait { $0.isInactive }
            #expect(other.failures.first?.description.hasPrefix("127.0.0.1:") == true)
        }
        try await server.stop()
    }

    /// Silent clients fill every place of the address. One that speaks takes the place of the oldest of them.
    @Test func aClientThatSpeaksTakesTheOldestSilentPlace() async throws {
        var limits = HandshakeLimits()
        limits.places = 4
        let gate = SharedHandshakeGate(limits)
        let server = try await TestServer.start(try TLSContext.server(pki.controller.files), gate: gate)
        let silent = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
        let first = try await silent.connect(host: "127.0.0.1", port: server.port).get()
        _ = await server.connection(0)
        let second = try await silent.connect(host: "127.0.0.1", port: server.port).get()
        _ = await server.connection(1)
        let connection = try await TestClient.connect(port: server.port, try client())
        let seen = await connection.record.wait { $0.identity != nil || $0.isInactive }
        #expect(seen.identity != nil)
        let displaced = await server.connection(0).wait { $0.isInactive }
        #expect(displaced.failures.map(\.check) == [.displaced(hadGreeted: false)])
        #expect(second.isActive)
        _ = await server.connection(2).wait { $0.identity != nil }
        #expect(gate.count == 1)
        try? await first.close()
        try await second.close()
        _ = await server.connection(1).wait { $0.isInactive }
        #expect(gate.count == 0)
        try await connection.channel.close()
        try await server.stop()
    }

    @Test func certificatesAreReloaded() async throws {
        let files = try pki.issue(.controller("main")).files
        let context = try TLSContext.server(files)
        let server = try await TestServer.start(context)
        let first = try await TestClient.connect(port: server.port, try client())
        let before = await first.record.wait { $0.identity != nil }
        let renewed = try pki.issue(.controller("main")).files
        for (from, to) in [(renewed.certificate, files.certificate), (renewed.privateKey, files.privateKey)] {
            try Command.check(["cp", "-p", from, to])
        }
        try context.reload()
        let second = try await TestClient.connect(port: server.port, try client())
        let after = await second.record.wait { $0.identity != nil }
        #expect(before.facts?.peerCertificate.serial != after.facts?.peerCertificate.serial)
        #expect(first.channel.isActive)
        // A damaged file changes nothing.
        try Command.check(["cp", "/dev/null", files.certificate])
        #expect(throws: IdentityFileError.self) { try context.reload() }
        let third = try await TestClient.connect(port: server.port, try client())
        _ = await third.record.wait { $0.identity != nil }
        for connection in [first, second, third] { try await connection.channel.close() }
        try await server.stop()
    }

    @Test func revocation() async throws {
        let good = try pki.node("good")
        let bad = try pki.node("bad")
        try pki.authority.revoke(nil, now: pki.now)
        var files = pki.controller.files
        files.revocationList = pki.authority.layout.revocationList
        let context = try TLSContext.server(files)
        let server = try await TestServer.start(context)
        let before = try await TestClient.connect(port: server.port, try client(bad))
        let record = await server.connection(0)
        let seen = await record.wait { $0.identity != nil }
        let serial = try #require(seen.facts?.peerCertificate.serial)
        #expect(!context.isRevoked(serial: serial))

        let pem = try Command.check(["cat", bad.certificate])
        try pki.authority.revoke(Array(pem.utf8), now: pki.now)
        try context.reload()
        #expect(context.isRevoked(serial: serial))
        let after = try await TestClient.connect(port: server.port, try client(bad))
        let refusal = await after.record.wait { $0.isInactive }
        #expect(refusal.failures.map(\.reason) == ["the server refused this certificate: certificate revoked"])
        let other = await server.connection(1).wait { $0.isInactive }
        #expect(other.failures.map(\.check) == [.revoked])
        let third = try await TestClient.connect(port: server.port, try client(good))
        let accepted = await server.connection(2).wait { $0.identity != nil || $0.isInactive }
        #expect(accepted.identity == (try PeerIdentity.node("good")))
        try await before.channel.close()
        try await third.channel.close()
        try await server.stop()
    }
}
