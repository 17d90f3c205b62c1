import Foundation
import SecureTransport
import Testing

@Suite struct TransportIdentityTests {
    let pki: TestPKI

    init() throws { pki = try TestPKI.shared.get() }

    private func problem(_ change: (inout IdentityFiles) throws -> Void) throws -> IdentityFileError? {
        var files = try pki.node().files
        try change(&files)
        do throws(IdentityFileError) {
            _ = try TransportIdentity(files: files)
            return nil
        } catch { return error }
    }

    private func write(_ text: String, mode: Int = 0o600) throws -> String {
        let path = "\(pki.directory)/\(UUID().uuidString)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    @Test func good() throws { #expect(try problem { _ in } == nil) }

    @Test func missing() throws {
        let error = try problem { $0.certificate = "/nonexistent/a.crt" }
        #expect(
            error?.description
                == "/nonexistent/a.crt: cannot be opened: No such file or directory; make it with 'fleetrace ca'")
        #expect(try problem { $0.privateKey = "/nonexistent/a.key" }?.path == "/nonexistent/a.key")
        #expect(try problem { $0.authorities = "/nonexistent/ca.crt" }?.path == "/nonexistent/ca.crt")
        #expect(try problem { $0.revocationList = "/nonexistent/ca.crl" }?.path == "/nonexistent/ca.crl")
    }

    @Test func keyOpenToOthers() throws {
        for mode in [0o640, 0o604, 0o620, 0o601] {
            let error = try problem {
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: $0.privateKey)
            }
            #expect(error?.remedy.hasPrefix("chmod 600 ") == true)
        }
    }

    @Test func keyOfAnother() throws {
        let other = try pki.node("other")
        let error = try problem { $0.privateKey = other.key }
        #expect(error?.problem.hasPrefix("is not the key of ") == true)
        #expect(error?.path == other.key)
    }

    @Test func encryptedKey() throws {
        // Must not ask for a passphrase at the terminal.
        let error = try problem {
            let path = "\(pki.directory)/\(UUID().uuidString).key"
            try Command.check([
                "openssl", "pkey", "-in", $0.privateKey, "-aes256", "-passout", "pass:x", "-out", path,
            ])
            $0.privateKey = path
        }
        #expect(error?.remedy.contains("unencrypted") == true)
    }

    @Test func damagedFiles() throws {
        let damaged = try write("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
        #expect(try problem { $0.certificate = damaged }?.problem.hasPrefix("holds a damaged certificate") == true)
        let cut = try write(
            String(try String(contentsOfFile: pki.controller.certificate, encoding: .utf8).dropLast(100)))
        #expect(try problem { $0.authorities = cut }?.path == cut)
        let empty = try write("")
        #expect(try problem { $0.certificate = empty }?.problem == "holds no certificate")
        #expect(try problem { $0.authorities = empty }?.problem == "holds no certificate")
        #expect(try problem { $0.privateKey = empty }?.problem.hasPrefix("holds no usable private key") == true)
        #expect(try problem { $0.revocationList = empty }?.problem == "holds no revocation list")
        let swapped = try problem { (files: inout IdentityFiles) in
            files.privateKey = files.certificate
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: files.privateKey)
        }
        #expect(swapped != nil)
    }

    @Test func oddFiles() throws {
        #expect(try problem { $0.certificate = "/dev/zero" }?.problem == "is not a regular file")
        #expect(try problem { $0.certificate = pki.directory }?.problem == "is not a regular file")
        let large = try write(String(repeating: "x", count: (1 << 20) + 1))
        #expect(try problem { $0.authorities = large }?.problem == "is larger than 1048576 bytes")
        let fifo = "\(pki.directory)/\(UUID().uuidString)"
        try Command.check(["mkfifo", fifo])
        #expect(try problem { $0.certificate = fifo }?.problem == "is not a regular file")
    }

    @Test func aCertificateWithoutIdentity() throws {
        let odd = try pki.odd(subjectAltName: "DNS:web-1")
        #expect(throws: IdentityFileError.self) { try TransportIdentity(files: odd.files) }
    }

    @Test func sidesNeedTheirOwnKind() throws {
        #expect(throws: IdentityFileError.self) { try TLSContext.server(try pki.node().files) }
        #expect(throws: IdentityFileError.self) {
            try TLSContext.client(pki.controller.files, server: .controller("main"))
        }
    }

    @Test func malformedNamesInACertificate() throws {
        let odd = try pki.odd(subjectAltName: "DER:04:03:01:02:03")
        let facts = try CertificateFacts(pem: Array(try Command.check(["cat", odd.certificate]).utf8))
        #expect(facts.identity == .failure(.malformedExtension))
    }

    @Test func factsAreWhatOpensslPrints() throws {
        let facts = try TransportIdentity(files: pki.controller.files).certificate
        let path = pki.controller.certificate
        let serial = try Command.check(["openssl", "x509", "-in", path, "-noout", "-serial"])
        #expect(serial.lowercased().hasSuffix("=\(facts.serial)\n"))
        let print = try Command.check(["openssl", "x509", "-in", path, "-noout", "-fingerprint", "-sha256"])
        #expect(print.lowercased().replacingOccurrences(of: ":", with: "").hasSuffix("=\(facts.fingerprint)\n"))
    }
}
