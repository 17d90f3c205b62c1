import COpenSSL
import Synchronization

/// The settings, certificates and trust of one side: makes the TLS state of its connections.
///
/// TLS 1.3 only, both sides authenticated, an application protocol (ALPN) required, no session tickets, renegotiation
/// or compression. It is shared by all connections of a listener or client. `reload()` reads the files again; the next
/// connection uses what they hold, and those that exist go on undisturbed.
public final class TLSContext: Sendable {
    /// The one application protocol of this version (DESIGN: Wire protocol).
    public static let defaultProtocols = ["fleetrace/1"]

    /// Which side this is.
    public let side: SecureTransportError.Side
    /// The application protocols spoken, best first.
    public let protocols: [String]
    /// Who may be at the other end.
    public let expectation: PeerExpectation

    private struct Loaded {
        let identity: TransportIdentity
        let context: OpenSSLObject
    }
    private let loaded: Mutex<Loaded>

    /// For a listener whose certificate is a controller's.
    ///
    /// - Throws: `IdentityFileError` or `OpenSSLFailure`.
    public static func server(
        _ files: IdentityFiles, alpn: [String] = defaultProtocols, acceptedRoles: [PeerRole] = [.node, .operator]
    ) throws -> TLSContext {
        try TLSContext(.server, files, alpn, .anyOf(acceptedRoles))
    }

    /// For a node or an operator that dials the controller `server`.
    ///
    /// The server's address plays no part: a name in DNS or a numeric address proves nothing that the certificate does
    /// not prove better.
    ///
    /// - Throws: `IdentityFileError` or `OpenSSLFailure`.
    public static func client(
        _ files: IdentityFiles, alpn: [String] = defaultProtocols, server: PeerIdentity
    ) throws -> TLSContext {
        try TLSContext(.client, files, alpn, .exactly(server))
    }

    private init(
        _ side: SecureTransportError.Side, _ files: IdentityFiles, _ protocols: [String],
        _ expectation: PeerExpectation
    ) throws {
        self.side = side
        self.protocols = protocols
        self.expectation = expectation
        loaded = Mutex(try Self.load(files, side, protocols))
    }

    /// This side's identity, as last loaded.
    public var identity: TransportIdentity { loaded.withLock { $0.identity } }

    /// Reads all files again. When this throws, what was loaded before stays in use.
    ///
    /// - Throws: `IdentityFileError` or `OpenSSLFailure`.
    public func reload() throws {
        let fresh = try Self.load(identity.files, side, protocols)
        loaded.withLock { $0 = fresh }
    }

    /// Whether a certificate of this serial number (hexadecimal, as in `CertificateFacts`) stands on a loaded
    /// revocation list. New connections are checked by TLS itself; this is for those that exist at a reload.
    public func isRevoked(serial: String) -> Bool {
        identity.revocationLists.contains { RevocationList.contains($0.pointer, serial: serial) }
    }

    /// The state of one connection, with what is loaded now.
    func makeConnection(handshakeBytes: Int) throws(OpenSSLFailure) -> TLSConnection {
        let context = loaded.withLock { $0.context }
        return try TLSConnection(
            context, side: side, expectation: expectation, protocols: protocols, handshakeBytes: handshakeBytes)
    }

    private static func load(
        _ files: IdentityFiles, _ side: SecureTransportError.Side, _ protocols: [String]
    ) throws -> Loaded {
        let identity = try TransportIdentity(files: files)
        let suits =
            switch side {
            case .server: identity.identity.role == .controller
            case .client: identity.identity.role != .controller
            }
        guard suits else {
            throw IdentityFileError(
                files.certificate, "is the certificate of \(identity.identity)",
                remedy: side == .server ? "a listener needs a controller's" : "a client needs a node's or an operator's"
            )
        }
        let context = try SSLContextFactory.make(identity, side: side, protocols: protocols)
        return Loaded(identity: identity, context: context)
    }
}
