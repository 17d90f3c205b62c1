/// Which authenticated peers a connection accepts.
public enum PeerExpectation: Sendable, Hashable {
    /// Any peer with one of these roles, for a listener.
    case anyOf([PeerRole])
    /// One peer, for a client that dials a server.
    case exactly(PeerIdentity)

    /// Nil if `identity` may connect, else the check that failed.
    func refusal(of identity: PeerIdentity) -> SecureTransportError.Check? {
        switch self {
        case .anyOf(let roles):
            return roles.contains(identity.role) ? nil : .wrongRole(identity, accepted: roles)
        case .exactly(let expected):
            guard identity.role == expected.role else { return .wrongRole(identity, accepted: [expected.role]) }
            return identity.isSamePeer(as: expected)
                ? nil : .wrongServerName(presented: identity, expected: expected)
        }
    }
}
