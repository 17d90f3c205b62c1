/// Which genuine peers a connection accepts.
public enum PeerExpectation: Sendable, Hashable {
    /// Any peer of these roles: what a listener asks.
    case anyOf([PeerRole])
    /// One peer: what a client asks of the server it dialled.
    case exactly(PeerIdentity)

    /// Nil when `identity` may connect, otherwise the check it fails.
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
