/// The identity of a peer: the only URI in its certificate's subject alternative names, which is a `fleetrace://` URI.
///
/// The forms are
///
///     fleetrace://node/NAME
///     fleetrace://controller/NAME
///     fleetrace://operator/NAME[?role=viewer|tracer|admin]
///
/// NAME has one to 63 bytes of `[A-Za-z0-9._-]` and starts with a letter or a digit. Percent escapes, user information,
/// ports, longer paths, fragments and other queries are not allowed, and scheme and role are lower case. So an identity
/// has only one spelling, and comparing two of them needs no normalisation.
///
/// An operator's role is part of the URI, so the identity and its rights are signed together and parsed by the same
/// code. An operator without `?role=` is a viewer, which has the fewest rights.
public struct PeerIdentity: Sendable, Hashable, CustomStringConvertible {
    /// The longest name, in bytes: that of a host name's label (RFC 1035, 2.3.4).
    public static let longestName = 63

    /// The kind of peer.
    public let role: PeerRole
    /// Its name, which is unique among peers with the same role.
    public let name: String
    /// An operator's rights, or nil for other peers.
    public let operatorRole: OperatorRole?

    private init(unchecked role: PeerRole, name: String, operatorRole: OperatorRole?) {
        self.role = role
        self.name = name
        self.operatorRole = operatorRole
    }

    /// A node's identity.
    public static func node(_ name: String) throws(IdentityError) -> PeerIdentity {
        PeerIdentity(unchecked: .node, name: try checked(name), operatorRole: nil)
    }

    /// A controller's identity.
    public static func controller(_ name: String) throws(IdentityError) -> PeerIdentity {
        PeerIdentity(unchecked: .controller, name: try checked(name), operatorRole: nil)
    }

    /// An operator's identity.
    public static func `operator`(
        _ name: String, role: OperatorRole = .viewer
    ) throws(IdentityError) -> PeerIdentity {
        PeerIdentity(unchecked: .operator, name: try checked(name), operatorRole: role)
    }

    /// Whether both have the same role and name. An operator's rights are ignored.
    public func isSamePeer(as other: PeerIdentity) -> Bool { role == other.role && name == other.name }

    /// The URI for a certificate.
    public var uri: String {
        switch operatorRole {
        case .some(let right): "fleetrace://\(role)/\(name)?role=\(right)"
        case .none: "fleetrace://\(role)/\(name)"
        }
    }

    /// `node/web-1`, `operator/alice (tracer)`.
    public var description: String {
        switch operatorRole {
        case .some(let right): "\(role)/\(name) (\(right))"
        case .none: "\(role)/\(name)"
        }
    }

    private static func checked(_ name: String) throws(IdentityError) -> String {
        guard isName(name.utf8) else { throw .badName(IdentityError.quoted(name.utf8)) }
        return name
    }
}

extension PeerIdentity {
    /// Parses the identity from all URIs of a certificate.
    ///
    /// - Parameter uris: the bytes of every URI in the subject alternative names, unchanged.
    /// - Throws: `IdentityError` if there is not exactly one, or if it does not have one of the forms above.
    public init(uris: [[UInt8]]) throws(IdentityError) {
        guard let first = uris.first else { throw .noURI }
        guard uris.count == 1 else { throw .manyURIs(uris.count) }
        try self.init(uri: first)
    }

    /// Parses one URI from the bytes in the certificate.
    public init(uri: some Collection<UInt8>) throws(IdentityError) {
        let scheme = "fleetrace://"
        if uri.contains(0) { throw .nul(IdentityError.quoted(uri)) }
        guard uri.count <= 256 else { throw .malformed(IdentityError.quoted(uri), "it is longer than 256 bytes") }
        guard uri.starts(with: scheme.utf8) else { throw .otherScheme(IdentityError.quoted(uri)) }
        let rest = uri.dropFirst(scheme.utf8.count)
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else {
            throw .malformed(IdentityError.quoted(uri), "it has no name")
        }
        guard let role = PeerRole.allCases.first(where: { rest[..<slash].elementsEqual($0.rawValue.utf8) }) else {
            throw .malformed(IdentityError.quoted(uri), "the role is not node, operator or controller")
        }
        var name = rest[rest.index(after: slash)...]
        var right: OperatorRole? = role == .operator ? .viewer : nil
        if role == .operator, let query = name.firstIndex(of: UInt8(ascii: "?")) {
            let value = name[name.index(after: query)...]
            guard let stated = OperatorRole.allCases.first(where: { value.elementsEqual("role=\($0)".utf8) }) else {
                throw .malformed(IdentityError.quoted(uri), "the query is not role=viewer, tracer or admin")
            }
            right = stated
            name = name[..<query]
        }
        guard Self.isName(name) else { throw .badName(IdentityError.quoted(name)) }
        self.init(unchecked: role, name: String(decoding: name, as: UTF8.self), operatorRole: right)
    }

    static func isName(_ bytes: some Collection<UInt8>) -> Bool {
        guard let first = bytes.first, isAlphanumeric(first), bytes.count <= longestName else { return false }
        return bytes.allSatisfy {
            isAlphanumeric($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
