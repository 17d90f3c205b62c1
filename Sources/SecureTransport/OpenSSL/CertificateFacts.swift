import COpenSSL

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// The contents of a certificate as plain values.
public struct CertificateFacts: Sendable, Hashable {
    /// The identity in it, or why there is none.
    public let identity: Result<PeerIdentity, IdentityError>
    /// The start of its validity, in seconds since 1970 (UTC).
    public let notBefore: Int64
    /// The end of its validity, in seconds since 1970 (UTC).
    public let notAfter: Int64
    /// The serial number, lower-case hexadecimal without leading zeros.
    public let serial: String
    /// SHA-256 of the whole certificate (DER), lower-case hexadecimal.
    public let fingerprint: String
    /// The subject's name, only for people. It never decides the identity.
    public let subject: String
    /// The issuer's name, only for people.
    public let issuer: String
    /// Whether it may sign certificates.
    public let isAuthority: Bool

    /// Reads the first certificate of a PEM text.
    public init(pem: [UInt8]) throws(OpenSSLFailure) {
        guard let certificate = try PEM.certificates(pem).first else {
            throw OpenSSLFailure("looking for a certificate")
        }
        self.init(certificate.pointer)
    }

    /// Whole seconds from `now` (seconds since 1970) until it expires. Negative if it has expired.
    public func remaining(at now: Int64) -> Int64 {
        let (seconds, overflow) = notAfter.subtractingReportingOverflow(now)
        return overflow ? 0 : seconds
    }

    init(_ certificate: OpaquePointer) {
        identity = Self.identity(of: certificate)
        notBefore = Self.seconds(X509_get0_notBefore(certificate))
        notAfter = Self.seconds(X509_get0_notAfter(certificate))
        serial = Self.hexadecimal(X509_get0_serialNumber(certificate))
        fingerprint = Self.fingerprint(of: certificate)
        subject = Self.text(X509_get_subject_name(certificate))
        issuer = Self.text(X509_get_issuer_name(certificate))
        isAuthority = X509_check_ca(certificate) == 1
        ERR_clear_error()
    }

    /// The identity in the certificate's one URI.
    static func identity(of certificate: OpaquePointer) -> Result<PeerIdentity, IdentityError> {
        var critical: Int32 = 0
        guard let raw = X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nil) else {
            // -1: no such extension. -2: several. Otherwise it cannot be decoded.
            ERR_clear_error()
            return .failure(critical == -1 ? .noURI : .malformedExtension)
        }
        let names = OpaquePointer(raw)
        defer { GENERAL_NAMES_free(names) }
        var uris: [[UInt8]] = []
        for index in 0..<max(0, fl_general_names_count(names)) {
            var length: Int32 = 0
            guard let bytes = fl_general_names_uri(names, index, &length) else { continue }
            uris.append(Array(UnsafeBufferPointer(start: bytes, count: Int(max(0, length)))))
        }
        do throws(IdentityError) {
            return .success(try PeerIdentity(uris: uris))
        } catch {
            return .failure(error)
        }
    }

    private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
        var fields = tm()
        guard let time, ASN1_TIME_to_tm(time, &fields) == 1 else { return 0 }
        return Int64(timegm(&fields))
    }

    static func hexadecimal(_ serial: UnsafePointer<ASN1_INTEGER>?) -> String {
        guard let number = ASN1_INTEGER_to_BN(serial, nil) else { return "" }
        defer { BN_free(number) }
        guard let text = BN_bn2hex(number) else { return "" }
        defer { CRYPTO_free(text, nil, 0) }
        let digits = String(cString: text).lowercased().drop { $0 == "0" }
        return digits.isEmpty ? "0" : String(digits)
    }

    private static func fingerprint(of certificate: OpaquePointer) -> String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var size: UInt32 = 0
        guard X509_digest(certificate, EVP_sha256(), &digest, &size) == 1 else { return "" }
        let digits = Array("0123456789abcdef".utf8)
        let text = digest.prefix(Int(size)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    private static func text(_ name: OpaquePointer?) -> String {
        guard let name, let text = X509_NAME_oneline(name, nil, 0) else { return "" }
        defer { CRYPTO_free(text, nil, 0) }
        return String(cString: text)
    }
}
