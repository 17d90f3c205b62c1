import SecureTransport
import Testing

/// Which peers the listener accepts.
extension ServerAgainstPythonTests {
    @Test func operatorsRoleIsRead() async throws {
        let server = try await server()
        let outcome = try await PythonPeer.client(port: server.port, try pki.issue(.operator("bob", role: .tracer))) {
            $0.send = 5
        }
        #expect(outcome.error == nil)
        let seen = await server.connection().wait { $0.isInactive }
        try await server.stop()
        #expect(seen.identity?.operatorRole == .tracer)
        #expect(seen.received == 5)
    }

    @Test func noCertificate() async throws {
        let (seen, outcome) = try await refused(nil) { $0.ca = nil }
        #expect(seen.failures.first?.check == .noCertificate)
        #expect(outcome.error?.contains("CERTIFICATE_REQUIRED") == true, "\(outcome)")
    }

    @Test func unknownAuthority() async throws {
        let stranger = try pki.stranger(.node("web-1")).trusting(pki.controller)
        let (seen, outcome) = try await refused(stranger)
        guard case .unknownAuthority? = seen.failures.first?.check else {
            Issue.record("\(seen.failures)")
            return
        }
        #expect(outcome.error?.contains("UNKNOWN_CA") == true, "\(outcome)")
    }

    @Test func expired() async throws {
        let validity = CertificateValidity(notBefore: pki.now - 7200, notAfter: pki.now - 3600)
        let (seen, outcome) = try await refused(try pki.issue(.node("web-1"), validity: validity))
        guard case .expired(let clock)? = seen.failures.first?.check else {
            Issue.record("\(seen.failures)")
            return
        }
        #expect(clock.notAfter == pki.now - 3600 && clock.now >= pki.now)
        #expect(outcome.error?.contains("CERTIFICATE_EXPIRED") == true, "\(outcome)")
    }

    @Test func notYetValid() async throws {
        let validity = CertificateValidity(notBefore: pki.now + 3600, notAfter: pki.now + 7200)
        let (seen, _) = try await refused(try pki.issue(.node("web-1"), validity: validity))
        guard case .notYetValid(let clock)? = seen.failures.first?.check else {
            Issue.record("\(seen.failures)")
            return
        }
        #expect(clock.notBefore == pki.now + 3600)
        #expect(seen.failures.first?.reason.contains("the clock here says") == true)
    }

    @Test func wrongRole() async throws {
        // A client certificate with a controller's identity. Only openssl creates such a certificate.
        let odd = try pki.odd(subjectAltName: "URI:fleetrace://controller/main")
        let (seen, outcome) = try await refused(odd)
        #expect(seen.failures.first?.check == .wrongRole(try .controller("main"), accepted: [.node, .operator]))
        #expect(outcome.error?.contains("UNSUPPORTED_CERTIFICATE") == true, "\(outcome)")
    }

    @Test func controllersCertificateAsClient() async throws {
        let (seen, _) = try await refused(pki.controller)
        #expect(seen.failures.first?.check == .wrongPurpose)
    }

    @Test(
        arguments: [
            ("URI:fleetrace://node/a,URI:fleetrace://node/b", IdentityError.manyURIs(2)),
            ("URI:fleetrace://node/a,URI:https://example.org", .manyURIs(2)),
            (nil, .noURI),
            ("DNS:web-1", .noURI),
            ("URI:https://example.org", .otherScheme("https://example.org")),
            (TestPKI.derURI(Array("fleetrace://node/web-1\0.evil".utf8)), .nul("fleetrace://node/web-1\\x00.evil")),
            ("URI:fleetrace://node/web%2d1", .badName("web%2d1")),
            ("DER:30:00", .noURI),
        ] as [(String?, IdentityError)])
    func badIdentity(_ name: String?, _ expected: IdentityError) async throws {
        let (seen, outcome) = try await refused(try pki.odd(subjectAltName: name))
        #expect(seen.failures.first?.check == .badIdentity(expected))
        #expect(outcome.error?.contains("BAD_CERTIFICATE") == true, "\(outcome)")
    }

    @Test func otherNamesBesideTheURIAreIgnored() async throws {
        let server = try await server()
        let odd = try pki.odd(subjectAltName: "DNS:web-1.example,URI:fleetrace://node/web-1,IP:10.0.0.1")
        let outcome = try await PythonPeer.client(port: server.port, odd)
        #expect(outcome.error == nil)
        let seen = await server.connection().wait { $0.isInactive }
        try await server.stop()
        #expect(seen.identity == (try PeerIdentity.node("web-1")))
    }
}
