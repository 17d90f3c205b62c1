import NIOCore
import SecureTransport
import Testing

/// Our listener, Python's client.
@Suite(.timeLimit(.minutes(1)))
struct ServerAgainstPythonTests {
    let pki: TestPKI

    init() throws { pki = try TestPKI.shared.get() }

    func server(_ part: Witness.Part = .listen, _ change: (inout TransportLimits) -> Void = { _ in })
        async throws -> TestServer
    {
        var limits = TransportLimits.patient
        change(&limits)
        return try await TestServer.start(try TLSContext.server(pki.controller.files), limits: limits, part: part)
    }

    /// Connects with `credentials` and returns what each side observed of the refusal.
    func refused(_ credentials: Credentials?, _ change: (inout PythonPeer.Plan) -> Void = { _ in }) async throws
        -> (seen: Seen, outcome: PythonPeer.Outcome)
    {
        let server = try await server()
        let outcome = try await PythonPeer.client(port: server.port, credentials) {
            $0.action = "until-end"
            $0.send = 10
            change(&$0)
        }
        let seen = await server.connection().wait { $0.isInactive }
        try await server.stop()
        #expect(seen.identity == nil)
        #expect(seen.received == 0)
        #expect(seen.failures.count == 1)
        #expect(seen.failures.first?.peerAddress?.hasPrefix("127.0.0.1:") == true)
        #expect(seen.order == ["failed", "inactive"])
        return (seen, outcome)
    }

    @Test func echoesAndClosesInOrder() async throws {
        let server = try await server(.echo)
        let outcome = try await PythonPeer.client(port: server.port, try pki.node("db-7")) {
            $0.send = 1_000_000
            $0.receive = 1_000_000
        }
        #expect(outcome.error == nil)
        #expect(outcome.closed == "close_notify")
        #expect(outcome.alpn == "fleetrace/1")
        #expect(outcome.sha256 == (try Pattern.sha256(1_000_000)))
        let seen = await server.connection().wait { $0.isInactive }
        try await server.stop()
        #expect(seen.identity == (try PeerIdentity.node("db-7")))
        #expect(seen.facts?.version == "TLSv1.3")
        #expect(seen.facts?.applicationProtocol == "fleetrace/1")
        #expect(seen.failures.isEmpty)
        #expect(seen.received == 1_000_000)
        #expect(seen.firstWrongByte == nil)
    }

    @Test func tls12Only() async throws {
        let (seen, outcome) = try await refused(try pki.node()) { $0.max_version = "1.2" }
        guard case .protocolVersion? = seen.failures.first?.check else {
            Issue.record("\(seen.failures)")
            return
        }
        #expect(outcome.error?.contains("PROTOCOL_VERSION") == true, "\(outcome)")
    }

    @Test(arguments: [["http/1.1"], ["h2", "fleetrace/2"]])
    func otherApplicationProtocol(_ offered: [String]) async throws {
        let (seen, outcome) = try await refused(try pki.node()) { $0.alpn = offered }
        #expect(
            seen.failures.first?.check == .applicationProtocol(offered: offered, accepted: ["fleetrace/1"]))
        #expect(outcome.error?.contains("alert no application protocol") == true, "\(outcome)")
    }

    @Test func noApplicationProtocol() async throws {
        let (seen, outcome) = try await refused(try pki.node()) { $0.alpn = nil }
        #expect(seen.failures.first?.check == .applicationProtocol(offered: [], accepted: ["fleetrace/1"]))
        #expect(outcome.error?.contains("alert no application protocol") == true, "\(outcome)")
    }

    @Test(arguments: [
        "474554202f20485454502f312e310d0a486f73743a20780d0a0d0a",  // GET / HTTP/1.1
        "ffffffffffffffffffffffffffffffffffff",
        "00000001020000000300000004000000",
        "160301ffff0000000000000000000000",
    ])
    func noTLSAtAll(_ bytes: String) async throws {
        let server = try await server(.listen) { $0.handshakeTimeout = .seconds(2) }
        let outcome = try await PythonPeer.client(port: server.port, nil) {
            $0.action = "raw"
            $0.raw = bytes
        }
        let seen = await server.connection().wait { $0.isInactive }
        try await server.stop()
        #expect(outcome.error == nil, "\(outcome)")
        #expect(seen.failures.count == 1)
        switch seen.failures.first?.check {
        case .notTLS?, .protocolViolation?: break
        case let other: Issue.record("\(String(describing: other))")
        }
    }

    @Test func oneByteAtATime() async throws {
        let server = try await server(.echo)
        let outcome = try await PythonPeer.client(port: server.port, try pki.node()) {
            $0.piece = 1
            $0.send = 3000
            $0.receive = 3000
        }
        #expect(outcome.error == nil)
        #expect(outcome.sha256 == (try Pattern.sha256(3000)))
        try await server.stop()
    }

    @Test func truncationIsNoOrderlyEnd() async throws {
        for action in ["send-then-cut", "cut-record"] {
            let server = try await server()
            _ = try await PythonPeer.client(port: server.port, try pki.node()) {
                $0.action = action
                $0.send = 70_000
            }
            let seen = await server.connection().wait { $0.isInactive }
            try await server.stop()
            #expect(seen.received == 70_000)
            #expect(seen.firstWrongByte == nil)
            #expect(seen.failures.map(\.check) == [.truncated])
            #expect(seen.order == ["identified", "data", "failed", "inactive"])
        }
    }

    @Test func aChangedRecordIsRefused() async throws {
        let server = try await server()
        let outcome = try await PythonPeer.client(port: server.port, try pki.node()) {
            $0.action = "corrupt"
            $0.send = 1000
        }
        let seen = await server.connection().wait { $0.isInactive }
        try await server.stop()
        #expect(seen.received == 1000)
        guard case .protocolViolation? = seen.failures.first?.check else {
            Issue.record("\(seen.failures)")
            return
        }
        #expect(outcome.error?.contains("BAD_RECORD_MAC") == true, "\(outcome)")
    }

    @Test func handshakeTimeout() async throws {
        let server = try await server(.listen) { $0.handshakeTimeout = .milliseconds(200) }
        // The start of a record, and then nothing.
        _ = try await PythonPeer.client(port: server.port, nil) {
            $0.action = "raw"
            $0.raw = "1603010200"
        }
        let seen = await server.connection().wait { $0.isInactive }
        try await server.stop()
        #expect(seen.failures.map(\.check) == [.handshakeTimeout(milliseconds: 200)])
    }

    @Test func idleTimeout() async throws {
        let server = try await server(.listen) { $0.idleTimeout = .milliseconds(200) }
        let outcome = try await PythonPeer.client(port: server.port, try pki.node()) {
            $0.action = "until-end"
            $0.send = 100
        }
        #expect(outcome.handshake)
        let seen = await server.connection().wait { $0.isInactive }
        try await server.stop()
        #expect(seen.received == 100)
        #expect(seen.failures.map(\.check) == [.idleTimeout(milliseconds: 200)])
    }

    @Test func aSlowReaderGetsAll() async throws {
        let total = 24 << 20
        let server = try await server(.send(total, thenClose: true))
        let outcome = try await PythonPeer.client(port: server.port, try pki.node()) {
            $0.action = "slow-reader"
            $0.pause = 0.5
            $0.receive = total
        }
        #expect(outcome.error == nil)
        #expect(outcome.received == total)
        let seen = await server.connection().wait { $0.isInactive }
        try await server.stop()
        #expect(seen.sent == total)
        #expect(seen.failures.isEmpty)
    }

    @Test func halfClosedPeerStillGetsItsAnswer() async throws {
        let context = try TLSContext.server(pki.controller.files)
        let server = try await TestServer.start(context, halfClosure: true, part: .echo)
        let outcome = try await PythonPeer.client(port: server.port, try pki.node()) {
            $0.action = "half-close"
            $0.send = 300_000
        }
        let seen = await server.connection().wait { $0.isInactive }
        try await server.stop()
        #expect(seen.order.filter { $0 != "data" } == ["identified", "inputClosed", "inactive"])
        #expect(outcome.received == 300_000)
        #expect(outcome.closed == "close_notify")
    }
}
