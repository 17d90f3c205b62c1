import COpenSSL
import Synchronization

/// The settings, certificates and trusted authorities of one side. It creates the TLS state of each connection.
///
/// It allows only TLS 1.3, authenticates both sides and requires an application protocol (ALPN). There are no session
/// tickets, renegotiation or compression. All connections of a listener or client share it. `reload()` reads the files
/// again for later connections. Existing connections are not affected.
public final class TLSContext: Sendable {
    /// The application protocol of this version (protocol/WIRE.md).
    public static let defaultProtocols = ["fleetrace/1"]

    /// Which side this is.
    public let side: SecureTransportError.Side
    /// The supported application protocols, best first.
    public let protocols: [String]
    /// Which peers are accepted.
    public let expectation: PeerExpectation

    private struct Loaded {
        let identity: TransportIdentity
        let context: OpenSSLObject
    }
    private let loaded: Mutex<Loaded>

    /// For a listener with a controller's certificate.
    ///
    /// - Throws: `IdentityFileError` or `OpenSSLFailure`.
    public static func server(
        _ files: IdentityFiles, alpn: [String] = defaultProtocols, acceptedRoles: [PeerRole] = [.node, .operator]
    ) throws -> TLSContext {
        try TLSContext(.server, files, alpn, .anyOf(acceptedRoles))
    }

    /// For a node or an operator that dials the controller `server`.
    ///
    /// The server's address is not checked, because the certificate proves more than a DNS name or a numeric address.
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

    /// Reads all files again. If this throws, the previous contents stay in use.
    ///
    /// - Throws: `IdentityFileError` or `OpenSSLFailure`.
    public func reload() throws {
        let fresh = try Self.load(identity.files, side, protocols)
        loaded.withLock { $0 = fresh }
    }

    /// Whether a certificate with this serial number (hexadecimal, as in `CertificateFacts`) is on a loaded revocation
    /// list. TLS checks new connections. This is for connections that exist when the list is reloaded.
    public func isRevoked(serial: String) -> Bool {
        identity.revocationLists.contains { RevocationList.contains($0.pointer, serial: serial) }
    }

    /// Creates the state of one connection from the current files.
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
