import Foundation
import SecureTransport

/// Files of one identity.
struct Credentials: Sendable {
    let certificate: String
    let key: String
    let authority: String

    var files: IdentityFiles {
        IdentityFiles(certificate: certificate, privateKey: key, authorities: authority)
    }

    func trusting(_ other: Credentials) -> Credentials {
        Credentials(certificate: certificate, key: key, authority: other.authority)
    }
}

/// An authority and identities for all tests. openssl(1) creates the odd certificates, so that an error in our creation
/// of certificates cannot hide one in their verification.
struct TestPKI: Sendable {
    static let shared = Result { try TestPKI() }

    let directory: String
    let authority: CertificateAuthority
    let now: Int64

    private init() throws {
        directory = NSTemporaryDirectory() + "fleetrace-pki-\(UUID().uuidString)"
        now = Int64(Date().timeIntervalSince1970)
        authority = try CertificateAuthority.create(
            in: directory, controller: .controller("main"), operator: .operator("alice", role: .admin), now: now)
        Cleanup.atExit { [directory] in try? FileManager.default.removeItem(atPath: directory) }
    }

    var controller: Credentials { credentials(authority.layout.controller) }
    var `operator`: Credentials { credentials(authority.layout.operator) }

    /// An identity with its own files, named after a purpose of the test.
    func issue(_ identity: PeerIdentity, validity: CertificateValidity? = nil) throws -> Credentials {
        let stem = "\(directory)/\(UUID().uuidString)"
        let issued = try authority.issue(identity, now: now, validity: validity)
        let files = IdentityFiles(
            certificate: "\(stem).crt", privateKey: "\(stem).key", authorities: authority.layout.certificate)
        try authority.write(issued, to: files)
        return credentials(files)
    }

    func node(_ name: String = "web-1") throws -> Credentials { try issue(.node(name)) }

    /// Another authority, with an identity that has the same name.
    func stranger(_ identity: PeerIdentity) throws -> Credentials {
        let other = try CertificateAuthority.create(
            in: "\(directory)/\(UUID().uuidString)", controller: .controller("main"),
            operator: .operator("mallory", role: .admin), now: now)
        let files = try other.issueFilesAnywhere(identity, now: now)
        return credentials(files)
    }

    /// A certificate of our authority that openssl(1) creates with these extensions.
    ///
    /// - Parameter subjectAltName: the value of the extension in openssl's configuration, or nil for none.
    func odd(subjectAltName: String?, usage: String = "clientAuth") throws -> Credentials {
        let stem = "\(directory)/\(UUID().uuidString)"
        var extensions = "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=\(usage)\n"
        if let subjectAltName { extensions += "subjectAltName=\(subjectAltName)\n" }
        try extensions.write(toFile: "\(stem).ext", atomically: true, encoding: .utf8)
        try Command.check([
            "openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
            "\(stem).key", "-out", "\(stem).csr", "-subj", "/CN=odd",
        ])
        try Command.check([
            "openssl", "x509", "-req", "-in", "\(stem).csr", "-CA", authority.layout.certificate, "-CAkey",
            authority.layout.key, "-CAcreateserial", "-CAserial", "\(stem).srl", "-days", "2", "-extfile",
            "\(stem).ext", "-out", "\(stem).crt",
        ])
        try Command.check(["chmod", "600", "\(stem).key"])
        return Credentials(
            certificate: "\(stem).crt", key: "\(stem).key", authority: authority.layout.certificate)
    }

    /// The extension value for a URI with any bytes, even one that openssl would not write.
    static func derURI(_ bytes: [UInt8]) -> String {
        // SEQUENCE { [6] IMPLICIT IA5String }
        let name = [0x86, UInt8(bytes.count)] + bytes
        let sequence = [0x30, UInt8(name.count)] + name
        return "DER:" + sequence.map { String(format: "%02X", $0) }.joined(separator: ":")
    }

    private func credentials(_ files: IdentityFiles) -> Credentials {
        Credentials(certificate: files.certificate, key: files.privateKey, authority: files.authorities)
    }
}

extension CertificateAuthority {
    /// Issues next to the authority's own files.
    func issueFilesAnywhere(_ identity: PeerIdentity, now: Int64) throws -> IdentityFiles {
        let files = IdentityFiles(
            certificate: "\(layout.directory)/peer.crt", privateKey: "\(layout.directory)/peer.key",
            authorities: layout.certificate)
        try write(try issue(identity, now: now), to: files)
        return files
    }
}
