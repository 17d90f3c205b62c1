import COpenSSL

/// A peer's certificate, key and trusted authorities, read and checked.
public struct TransportIdentity: Sendable {
    /// The files it was read from.
    public let files: IdentityFiles
    /// This side's identity.
    public let identity: PeerIdentity
    /// The contents of its certificate.
    public let certificate: CertificateFacts

    let chain: [OpenSSLObject]
    let key: OpenSSLObject
    let authorities: [OpenSSLObject]
    let revocationLists: [OpenSSLObject]

    /// Reads the files and checks that they belong together.
    ///
    /// The period of validity is not checked here, because it may start or end while the process runs. The peer checks
    /// it.
    ///
    /// - Throws: `IdentityFileError` with the file, the problem and the remedy.
    public init(files: IdentityFiles) throws(IdentityFileError) {
        self.files = files
        chain = try Self.read(files.certificate, "certificate", PEM.certificates)
        authorities = try Self.read(files.authorities, "certificate", PEM.certificates)
        revocationLists =
            if let path = files.revocationList {
                try Self.read(path, "revocation list", PEM.revocationLists)
            } else {
                []
            }
        key = try Self.readKey(files.privateKey)

        guard X509_check_private_key(chain[0].pointer, key.pointer) == 1 else {
            ERR_clear_error()
            throw IdentityFileError(
                files.privateKey, "is not the key of \(files.certificate)",
                remedy: "give the two files that were made together")
        }
        certificate = CertificateFacts(chain[0].pointer)
        do throws(IdentityError) {
            identity = try certificate.identity.get()
        } catch {
            throw IdentityFileError(
                files.certificate, "is not a certificate for Fleetrace: \(error)",
                remedy: "make one with 'fleetrace ca'")
        }
    }

    private static func readKey(_ path: String) throws(IdentityFileError) -> OpenSSLObject {
        let file = try SmallFile(path: path)
        guard file.mode & 0o077 == 0 else {
            let mode = String(file.mode & 0o777, radix: 8)
            throw IdentityFileError(
                path, "is open to others than its owner (mode \(mode))", remedy: "chmod 600 \(path)")
        }
        do throws(OpenSSLFailure) {
            return try PEM.privateKey(file.bytes)
        } catch {
            throw IdentityFileError(
                path, "holds no usable private key (\(error.reason))", remedy: "it has to be PEM and unencrypted")
        }
    }

    private static func read(
        _ path: String, _ kind: String, _ parse: ([UInt8]) throws(OpenSSLFailure) -> [OpenSSLObject]
    ) throws(IdentityFileError) -> [OpenSSLObject] {
        let file = try SmallFile(path: path)
        let objects: [OpenSSLObject]
        do throws(OpenSSLFailure) {
            objects = try parse(file.bytes)
        } catch {
            throw IdentityFileError(path, "holds a damaged \(kind) (\(error.reason))", remedy: "it has to be PEM")
        }
        guard !objects.isEmpty else { throw IdentityFileError(path, "holds no \(kind)", remedy: "it has to be PEM") }
        return objects
    }
}
