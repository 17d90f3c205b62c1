import Foundation
import SecureTransport
import Testing

@Suite struct AuthorityTests {
    private let directory = NSTemporaryDirectory() + "fleetrace-ca-\(UUID().uuidString)"
    private let now = Int64(Date().timeIntervalSince1970)

    private func create() throws -> CertificateAuthority {
        Cleanup.atExit { [directory] in try? FileManager.default.removeItem(atPath: directory) }
        return try CertificateAuthority.create(
            in: directory, controller: .controller("main"), operator: .operator("alice", role: .admin), now: now)
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    @Test func layoutAndModes() throws {
        let authority = try create()
        #expect(try mode(directory) == 0o700)
        for name in ["ca", "controller", "operator"] {
            #expect(try mode("\(directory)/\(name).key") == 0o600)
            #expect(try mode("\(directory)/\(name).crt") == 0o644)
        }
        let node = try authority.issueFiles(.node("web-1"), now: now)
        #expect(node.certificate == "\(directory)/nodes/web-1.crt")
        #expect(try mode("\(directory)/nodes") == 0o700)
        #expect(try mode(node.privateKey) == 0o600)
        #expect(try TransportIdentity(files: node).identity == .node("web-1"))
    }

    @Test func opensslAgrees() throws {
        let authority = try create()
        let node = try authority.issueFiles(.node("web-1"), now: now)
        let ca = authority.layout.certificate
        let cases = [
            (node.certificate, "sslclient"), (authority.layout.operator.certificate, "sslclient"),
            (authority.layout.controller.certificate, "sslserver"),
        ]
        for (path, purpose) in cases {
            try Command.check(["openssl", "verify", "-x509_strict", "-purpose", purpose, "-CAfile", ca, path])
        }
        let crossed = try Command.run(["openssl", "verify", "-purpose", "sslserver", "-CAfile", ca, node.certificate])
        #expect(crossed.status != 0)
        let text = try Command.check(["openssl", "x509", "-in", node.certificate, "-noout", "-text"])
        #expect(text.contains("URI:fleetrace://node/web-1\n"))
        #expect(text.contains("TLS Web Client Authentication"))
        #expect(text.contains("CA:FALSE"))
        let own = try Command.check(["openssl", "x509", "-in", ca, "-noout", "-text"])
        #expect(own.contains("CA:TRUE, pathlen:0"))
        #expect(own.contains("prime256v1"))
        let admin = try Command.check(["openssl", "x509", "-in", "\(directory)/operator.crt", "-noout", "-text"])
        #expect(admin.contains("URI:fleetrace://operator/alice?role=admin"))
    }

    @Test func times() throws {
        let authority = try create()
        let leaf = try CertificateFacts(pem: try authority.issue(.node("a"), now: now).certificatePEM)
        #expect(leaf.notBefore == now - 300)
        #expect(leaf.notAfter == now + 365 * 86_400)
        #expect(leaf.remaining(at: now) == 365 * 86_400)
        #expect(authority.facts.notAfter == now + 3652 * 86_400)
        let long = CertificateValidity(notBefore: now, notAfter: authority.facts.notAfter + 1000)
        let cut = try CertificateFacts(
            pem: try authority.issue(.node("a"), now: now, validity: long).certificatePEM)
        #expect(cut.notAfter == authority.facts.notAfter)
        #expect(throws: AuthorityError.self) {
            try authority.issue(.node("a"), now: authority.facts.notAfter + 1)
        }
    }

    @Test func serialsDiffer() throws {
        let authority = try create()
        let serials = try (0..<20).map { _ in
            try CertificateFacts(pem: try authority.issue(.node("a"), now: now).certificatePEM).serial
        }
        #expect(Set(serials).count == 20)
        #expect(serials.allSatisfy { $0.utf8.count == 32 })
    }

    @Test func nothingIsOverwritten() throws {
        let authority = try create()
        let key = try String(contentsOfFile: authority.layout.key, encoding: .utf8)
        #expect(throws: AuthorityError.exists(path: authority.layout.key)) {
            try CertificateAuthority.create(
                in: directory, controller: .controller("x"), operator: .operator("y"), now: now)
        }
        #expect(try String(contentsOfFile: authority.layout.key, encoding: .utf8) == key)
        let files = try authority.issueFiles(.node("web-1"), now: now)
        #expect(throws: AuthorityError.exists(path: files.privateKey)) {
            try authority.issueFiles(.node("web-1"), now: now)
        }
    }

    @Test func aRefusedCreationLeavesNothing() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        // A dangling link counts as a file, because a write through it would put the key elsewhere.
        try FileManager.default.createSymbolicLink(
            atPath: "\(directory)/operator.key", withDestinationPath: "/nonexistent/key")
        #expect(throws: AuthorityError.exists(path: "\(directory)/operator.key")) { try create() }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["operator.key"])
    }

    @Test func anOpenDirectoryIsRefused() throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o777])
        defer { try? FileManager.default.removeItem(atPath: directory) }
        #expect(throws: AuthorityError.self) { try create() }
    }

    @Test func opensAgain() throws {
        let made = try create()
        let opened = try CertificateAuthority.open(directory)
        #expect(opened.facts == made.facts)
        _ = try opened.issueFiles(.node("later"), now: now)
        try Command.check(["chmod", "644", opened.layout.key])
        #expect(throws: AuthorityError.self) { try CertificateAuthority.open(directory) }
        try Command.check(["chmod", "600", opened.layout.key])
        try Command.check(["cp", "\(directory)/controller.crt", opened.layout.certificate])
        #expect(throws: AuthorityError.notAnAuthority(path: opened.layout.certificate)) {
            try CertificateAuthority.open(directory)
        }
    }

    @Test func signingRequests() throws {
        let authority = try create()
        let key = try PrivateKey.generate()
        let request = try CertificateRequest(pem: try CertificateRequest.pem(for: key))
        let pem = try authority.sign(request, as: .node("web-9"), now: now)
        let facts = try CertificateFacts(pem: pem)
        #expect(try facts.identity.get() == .node("web-9"))
        let files = IdentityFiles(
            certificate: "\(directory)/csr.crt", privateKey: "\(directory)/csr.key",
            authorities: authority.layout.certificate)
        try Data(pem).write(to: URL(fileURLWithPath: files.certificate))
        try Data(try key.pem()).write(to: URL(fileURLWithPath: files.privateKey))
        try Command.check(["chmod", "600", files.privateKey])
        #expect(try TransportIdentity(files: files).identity == .node("web-9"))
    }

    /// The names in a request are ignored.
    @Test func namesInARequestCountForNothing() throws {
        let authority = try create()
        try Command.check([
            "openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "\(directory)/evil.key", "-out",
            "\(directory)/evil.csr", "-subj", "/CN=root", "-addext",
            "subjectAltName=URI:fleetrace://operator/root?role=admin", "-addext", "basicConstraints=CA:TRUE",
        ])
        let request = try CertificateRequest(pem: Array(try Command.check(["cat", "\(directory)/evil.csr"]).utf8))
        let facts = try CertificateFacts(pem: try authority.sign(request, as: .node("web-1"), now: now))
        #expect(try facts.identity.get() == .node("web-1"))
        #expect(!facts.isAuthority)
        #expect(!facts.subject.contains("root"))
    }

    @Test func badRequests() throws {
        _ = try create()
        let good = try CertificateRequest.pem(for: try PrivateKey.generate())
        var random = SystemRandomNumberGenerator()
        var refused = 0
        for _ in 0..<200 {
            var bytes = good
            let place = Int.random(in: 40..<(bytes.count - 40), using: &random)
            bytes[place] = UInt8(ascii: "A") + UInt8.random(in: 0..<26, using: &random)
            if bytes == good { continue }
            do { _ = try CertificateRequest(pem: bytes) } catch { refused += 1 }
        }
        #expect(refused > 150)
        for bytes in [[], Array("hello".utf8), [UInt8](repeating: 0x41, count: 1 << 20)] as [[UInt8]] {
            #expect(throws: AuthorityError.self) { try CertificateRequest(pem: bytes) }
        }
        try Command.check([
            "openssl", "req", "-new", "-newkey", "rsa:1024", "-nodes", "-keyout", "\(directory)/weak.key", "-out",
            "\(directory)/weak.csr", "-subj", "/CN=x",
        ])
        #expect(throws: AuthorityError.badRequest("the key is too weak or too large")) {
            try CertificateRequest(pem: Array(try Command.check(["cat", "\(directory)/weak.csr"]).utf8))
        }
    }

    @Test func renewalKeepsTheKey() throws {
        let authority = try create()
        let files = try authority.issueFiles(.node("web-1"), now: now)
        let key = try PrivateKey(pem: Array(try Command.check(["cat", files.privateKey]).utf8))
        let before = try TransportIdentity(files: files).certificate
        let pem = try authority.renew(.node("web-1"), key: key, now: now + 86_400)
        try authority.replaceCertificate(pem, in: files)
        let after = try TransportIdentity(files: files).certificate
        #expect(after.notAfter == before.notAfter + 86_400)
        #expect(after.serial != before.serial)
    }

    @Test func revocationListIsWhatOpensslUnderstands() throws {
        let authority = try create()
        let first = try authority.issueFiles(.node("a"), now: now)
        let second = try authority.issueFiles(.node("b"), now: now)
        try authority.revoke(Array(try Command.check(["cat", first.certificate]).utf8), now: now)
        try authority.revoke(Array(try Command.check(["cat", first.certificate]).utf8), now: now)
        let arguments = [
            "openssl", "verify", "-crl_check", "-CAfile", authority.layout.certificate, "-CRLfile",
            authority.layout.revocationList,
        ]
        #expect(try Command.run(arguments + [second.certificate]).status == 0)
        #expect(try Command.run(arguments + [first.certificate]).stderr.contains("certificate revoked"))
        let foreign = try Self.create(now, in: "\(directory)/other").issue(.node("a"), now: now)
        #expect(throws: AuthorityError.self) { try authority.revoke(foreign.certificatePEM, now: now) }
    }

    private static func create(_ now: Int64, in directory: String) throws -> CertificateAuthority {
        try CertificateAuthority.create(in: directory, controller: .controller("x"), operator: .operator("y"), now: now)
    }
}
