/// Why an operation of the authority failed.
public enum AuthorityError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A file that would have been overwritten.
    case exists(path: String)
    /// A file or directory that cannot be used.
    case file(IdentityFileError)
    /// The directory's certificate is not an authority's, or the key does not belong to it.
    case notAnAuthority(path: String)
    /// The authority's certificate has expired, so nothing that it signs would be accepted.
    case authorityExpired(path: String)
    /// The signing request is refused, with the reason.
    case badRequest(String)
    /// OpenSSL failed.
    case openSSL(OpenSSLFailure)

    /// The problem and the remedy.
    public var description: String {
        switch self {
        case .exists(let path):
            "\(path) exists already and is never overwritten; move it away, or give another directory"
        case .file(let error): "\(error)"
        case .notAnAuthority(let path):
            "\(path) is not the certificate of the authority whose key is in the same directory"
        case .authorityExpired(let path): "\(path) has expired; make a new authority with 'fleetrace ca init'"
        case .badRequest(let reason): "the signing request is refused: \(reason)"
        case .openSSL(let error): "\(error)"
        }
    }

    /// Runs `body` and converts OpenSSL's failures to `openSSL`.
    static func wrap<Result>(_ body: () throws(OpenSSLFailure) -> Result) throws(AuthorityError) -> Result {
        do throws(OpenSSLFailure) { return try body() } catch { throw .openSSL(error) }
    }
}
