import NIOCore

/// A connection whose handshake is not over.
struct HandshakePlace: Hashable {
    enum Stage: Int, Comparable {
        /// No whole ClientHello has come.
        case silent
        /// Its ClientHello is here and is not worked on yet.
        case waiting
        /// TLS works on it, or waits for the peer's reply.
        case underWay

        static func < (a: Stage, b: Stage) -> Bool { a.rawValue < b.rawValue }
    }

    let id: UInt64
    let address: NetworkAddress
    let network: NetworkAddress
    /// Whether a handshake was completed from this address before.
    let isKnown: Bool
    var stage = Stage.silent
    /// When the stage began.
    var since: NIODeadline

    init(id: UInt64, address: NetworkAddress, isKnown: Bool, since: NIODeadline) {
        self.id = id
        self.address = address
        network = address.network
        self.isKnown = isKnown
        self.since = since
    }
}
