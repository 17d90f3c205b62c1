import NIOCore

/// What the two sides of a TLS connection, and nobody else, know to authenticate datagrams beside it (RFC 8446, 7.5).
public struct DatagramKeys: Sendable {
    /// Names the connection in a datagram. Not secret, and no other connection's.
    public let path: UInt64
    let serverSends: [UInt8]
    let clientSends: [UInt8]

    /// RFC 5705, 4: a label begins with EXPORTER.
    static let label = "EXPORTER-fleetrace-datagrams"
    private static let keyLength = 32
    /// Bytes of the exported secret.
    static let length = 8 + 2 * keyLength

    /// - Parameter secret: `length` bytes.
    public init?(secret: [UInt8]) {
        guard secret.count == Self.length else { return nil }
        path = secret.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        serverSends = Array(secret[8..<8 + Self.keyLength])
        clientSends = Array(secret[(8 + Self.keyLength)...])
    }

    /// Seals what the server sends. Each direction has its own key, so nothing can be sent back to its sender.
    public var fromServer: DatagramSeal? { DatagramSeal(key: serverSends) }
    /// Seals what the client sends.
    public var fromClient: DatagramSeal? { DatagramSeal(key: clientSends) }
}

extension SecureTransport {
    /// Keys for datagrams of the connection, once its handshake is done; nil without one. Called on its event loop.
    public static func datagramKeys(of channel: any Channel) -> DatagramKeys? {
        let handler = try? channel.pipeline.syncOperations.handler(type: SecureTransportHandler.self)
        return handler?.connection?.export(DatagramKeys.label, DatagramKeys.length).flatMap { DatagramKeys(secret: $0) }
    }
}
