import NIOCore
import SecureTransport
import Testing

/// Our client, Python's listener.
@Suite(.timeLimit(.minutes(1)))
struct ClientAgainstPythonTests {
    let pki: TestPKI

    init() throws { pki = try TestPKI.shared.get() }

    private func context(_ credentials: Credentials? = nil, server: String = "main") throws -> TLSContext {
        try TLSContext.client(try (credentials ?? pki.node()).files, server: .controller(server))
    }

    /// Connects to a server with `credentials`, which the client must refuse.
    private func refused(
        _ credentials: Credentials, _ change: (inout PythonPeer.Plan) -> Void = { _ in }
    ) async throws -> (seen: Seen, outcome: PythonPeer.Outcome) {
        let server = try PythonPeer.server(credentials) {
            $0.action = "until-end"
            $0.send = 10
            change(&$0)
        }
        let client = try await TestClient.connect(port: server.port, try context())
        let seen = await client.record.wait { $0.isInactive }
        let outcome = try await server.outcome()
        #expect(seen.identity == nil)
        #expect(seen.received == 0)
        #expect(seen.failures.count == 1)
        #expect(seen.order == ["failed", "inactive"])
        return (seen, outcome)
    }

    @Test func exchangesData() async throws {
        let server = try PythonPeer.server(pki.controller) {
            $0.send = 2_000_000
            $0.receive = 1_000_000
        }
        let client = try await TestClient.connect(port: server.port, try context(), part: .send(1_000_000))
        let outcome = try await server.outcome()
        let seen = await client.record.wait { $0.isInactive }
        #expect(outcome.error == nil)
        #expect(outcome.sha256 == (try Pattern.sha256(1_000_000)))
        #expect(outcome.closed == "close_notify")
        #expect(seen.received == 2_000_000)
        #expect(seen.firstWrongByte == nil)
        #expect(seen.failures.isEmpty)
        #expect(seen.identity == (try PeerIdentity.controller("main")))
    }

    @Test func writesBeforeTheHandshakeWait() async throws {
        let server = try PythonPeer.server(pki.controller) { $0.receive = 5 }
        let client = try await TestClient.connect(port: server.port, try context())
        try await client.channel.writeAndFlush(ByteBuffer(bytes: [0, 1, 2, 3, 4]))
        let outcome = try await server.outcome()
        #expect(outcome.error == nil)
        #expect(outcome.received == 5)
    }

    @Test func unknownAuthority() async throws {
        let stranger = try pki.stranger(.controller("main")).trusting(pki.controller)
        let (seen, outcome) = try await refused(stranger)
        guard case .unknownAuthority? = seen.failures.first?.check else {
            Issue.record("\(seen.failures)")
            return
        }
        #expect(outcome.error?.contains("UNKNOWN_CA") == true, "\(outcome)")
    }

    @Test func expiredAndNotYetValid() async throws {
        let past = CertificateValidity(notBefore: pki.now - 7200, notAfter: pki.now - 3600)
        let future = CertificateValidity(notBefore: pki.now + 3600, notAfter: pki.now + 7200)
        for (validity, words) in [
            (past, "has expired: it is valid from"), (future, "is not valid yet: it is valid from"),
        ] {
            let (seen, _) = try await refused(try pki.issue(.controller("main"), validity: validity))
            #expect(seen.failures.count == 1 && seen.failures.first?.reason.contains(words) == true, "\(seen.failures)")
        }
    }

    @Test func wrongServerName() async throws {
        let (seen, outcome) = try await refused(try pki.issue(.controller("backup")))
        #expect(
            seen.failures.map(\.check)
                == [.wrongServerName(presented: try .controller("backup"), expected: try .controller("main"))])
        #expect(seen.failures.first?.description.contains("--server-name") == true)
        #expect(outcome.error?.contains("UNSUPPORTED_CERTIFICATE") == true, "\(outcome)")
    }

    @Test func aNodeIsNoController() async throws {
        // A node's own certificate fails by its key usage. One with the usage of a server fails by its role.
        let (seen, _) = try await refused(try pki.node("main"))
        #expect(seen.failures.map(\.check) == [.wrongPurpose])
        let odd = try pki.odd(subjectAltName: "URI:fleetrace://node/main", usage: "serverAuth")
        let (other, _) = try await refused(odd)
        #expect(other.failures.map(\.check) == [.wrongRole(try .node("main"), accepted: [.controller])])
    }

    @Test(
        arguments: [
            ("URI:fleetrace://controller/main,URI:fleetrace://controller/other", IdentityError.manyURIs(2)),
            (nil, .noURI),
            (
                TestPKI.derURI(Array("fleetrace://controller/main\0.evil".utf8)),
                .nul("fleetrace://controller/main\\x00.evil")
            ),
            ("URI:fleetrace://controller/main?role=admin", .badName("main?role=admin")),
        ] as [(String?, IdentityError)])
    func badIdentity(_ name: String?, _ expected: IdentityError) async throws {
        let (seen, outcome) = try await refused(try pki.odd(subjectAltName: name, usage: "serverAuth"))
        #expect(seen.failures.map(\.check) == [.badIdentity(expected)])
        #expect(outcome.error?.contains("BAD_CERTIFICATE") == true, "\(outcome)")
    }

    @Test func tls12Only() async throws {
        let (seen, _) = try await refused(pki.controller) { $0.max_version = "1.2" }
        #expect(seen.failures.map(\.check) == [.peerAlert(TLSAlert(rawValue: 70), beforeData: true)])
        #expect(seen.failures.first?.reason.contains("TLS 1.3") == true)
    }

    @Test func aServerWithoutOurProtocol() async throws {
        for alpn in [["h2"], nil] as [[String]?] {
            let (seen, _) = try await refused(pki.controller) { $0.alpn = alpn }
            #expect(
                seen.failures.map(\.check) == [.applicationProtocol(offered: [], accepted: ["fleetrace/1"])],
                "\(alpn ?? [])")
        }
    }

    @Test func aServerThatSpeaksSomethingElse() async throws {
        let server = try PythonPeer.server(nil) {
            $0.action = "raw"
            $0.raw = "485454502f312e31203430302042616420526571756573740d0a0d0a"  // HTTP/1.1 400 Bad Request
        }
        let client = try await TestClient.connect(port: server.port, try context())
        let seen = await client.record.wait { $0.isInactive }
        _ = try await server.outcome()
        guard case .notTLS? = seen.failures.first?.check else {
            Issue.record("\(seen.failures)")
            return
        }
    }

    /// A TLS 1.3 client has finished its handshake before the server verifies its certificate.
    @Test func theServersRefusalHasItsMeaningInWords() async throws {
        let stranger = try pki.stranger(.node("web-1"))
        let old = CertificateValidity(notBefore: pki.now - 7200, notAfter: pki.now - 3600)
        let cases = [
            (stranger.trusting(pki.controller), "the server refused this certificate: unknown CA"),
            (
                try pki.issue(.node("web-1"), validity: old),
                "the server refused this certificate (certificate expired or not yet valid (compare the clocks)): it is valid from "
            ),
        ]
        for (credentials, words) in cases {
            let server = try PythonPeer.server(pki.controller) { $0.action = "until-end" }
            let client = try await TestClient.connect(port: server.port, try context(credentials))
            let seen = await client.record.wait { $0.isInactive }
            _ = try await server.outcome()
            #expect(seen.failures.first?.reason.hasPrefix(words) == true, "\(seen.failures)")
            #expect(seen.failures.first?.peerAddress == "127.0.0.1:\(server.port)")
        }
    }

    @Test func truncation() async throws {
        let server = try PythonPeer.server(pki.controller) {
            $0.action = "send-then-cut"
            $0.send = 40_000
        }
        let client = try await TestClient.connect(port: server.port, try context())
        let seen = await client.record.wait { $0.isInactive }
        _ = try await server.outcome()
        #expect(seen.received == 40_000)
        #expect(seen.failures.map(\.check) == [.truncated])
    }

    @Test func handshakeTimeout() async throws {
        let server = try PythonPeer.server(nil) {
            $0.action = "raw"
            $0.raw = "16"
        }
        var limits = TransportLimits()
        limits.handshakeTimeout = .milliseconds(200)
        let client = try await TestClient.connect(port: server.port, try context(), limits: limits)
        let seen = await client.record.wait { $0.isInactive }
        _ = try await server.outcome()
        #expect(seen.failures.map(\.check) == [.handshakeTimeout(milliseconds: 200)])
    }

    @Test func oneByteAtATime() async throws {
        let server = try PythonPeer.server(pki.controller) {
            $0.piece = 1
            $0.send = 2000
            $0.receive = 2000
        }
        let client = try await TestClient.connect(port: server.port, try context(), part: .send(2000))
        let outcome = try await server.outcome()
        let seen = await client.record.wait { $0.isInactive }
        #expect(outcome.error == nil)
        #expect(seen.received == 2000)
        #expect(seen.firstWrongByte == nil)
    }

    @Test func halfClose() async throws {
        // The server reads until our end and sends the rest of its data then.
        let server = try PythonPeer.server(pki.controller) {
            $0.action = "half-close"
            $0.send = 200_000
        }
        let client = try await TestClient.connect(
            port: server.port, try context(), halfClosure: true, part: .send(150_000))
        let seen = await client.record.wait { $0.inputClosed }
        #expect(seen.received == 200_000)
        #expect(client.channel.isActive)
        try await client.channel.close(mode: .output)
        let outcome = try await server.outcome()
        #expect(outcome.error == nil)
        #expect(outcome.received == 150_000)
        #expect(outcome.closed == "close_notify")
        _ = await client.record.wait { $0.isInactive }
    }
}
