import COpenSSL

/// Application protocol negotiation (ALPN, RFC 7301). Both sides require it, so that a connection for another service
/// fails in the handshake and not in a parser.
enum ApplicationProtocols {
    /// The list in wire format: for each name a byte with its length, then the name. Empty if a name does not have 1 to
    /// 255 bytes.
    static func wireFormat(_ protocols: [String]) -> [UInt8] {
        var wire: [UInt8] = []
        for name in protocols {
            guard (1...255).contains(name.utf8.count) else { return [] }
            wire.append(UInt8(name.utf8.count))
            wire.append(contentsOf: name.utf8)
        }
        return wire
    }

    /// The names in a list in wire format, for messages only: printable, and at most 8.
    static func names(_ wire: UnsafeBufferPointer<UInt8>) -> [String] {
        var names: [String] = []
        var rest = wire[...]
        while let length = rest.popFirst(), names.count < 8 {
            names.append(IdentityError.quoted(rest.prefix(Int(length))))
            rest = rest.dropFirst(Int(length))
        }
        return names
    }

    /// The first of `protocols` that the client offers, as a range of `wire`.
    static func common(_ protocols: [String], in wire: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        for name in protocols {
            var start = wire.startIndex
            while start < wire.endIndex {
                let end = start + 1 + Int(wire[start])
                guard end <= wire.endIndex else { break }
                if wire[(start + 1)..<end].elementsEqual(name.utf8) { return (start + 1)..<end }
                start = end
            }
        }
        return nil
    }

    /// Refuses a client that offers no protocol, because OpenSSL does not call `select` for it.
    static let requireOffer: SSL_client_hello_cb_fn = { ssl, alert, _ in
        guard let ssl, let connection = TLSConnection.of(ssl) else { return SSL_CLIENT_HELLO_ERROR }
        var bytes: UnsafePointer<UInt8>?
        var count = 0
        let offers = SSL_client_hello_get0_ext(
            ssl, UInt32(TLSEXT_TYPE_application_layer_protocol_negotiation), &bytes, &count)
        if offers == 1 { return SSL_CLIENT_HELLO_SUCCESS }
        // For a client without TLS 1.3 the version is the better reason, so let OpenSSL continue and report it.
        if !offersTLS13(ssl) { return SSL_CLIENT_HELLO_SUCCESS }
        connection.refusal = .applicationProtocol(offered: [], accepted: connection.protocols)
        alert?.pointee = SSL_AD_NO_APPLICATION_PROTOCOL
        return SSL_CLIENT_HELLO_ERROR
    }

    static let select: SSL_CTX_alpn_select_cb_func = { ssl, out, outCount, offered, offeredCount, _ in
        guard let ssl, let connection = TLSConnection.of(ssl), let out, let outCount, let offered else {
            return SSL_TLSEXT_ERR_ALERT_FATAL
        }
        let wire = UnsafeBufferPointer(start: offered, count: Int(offeredCount))
        guard let range = common(connection.protocols, in: wire) else {
            connection.refusal = .applicationProtocol(offered: names(wire), accepted: connection.protocols)
            return SSL_TLSEXT_ERR_ALERT_FATAL
        }
        out.pointee = offered + range.lowerBound
        outCount.pointee = UInt8(clamping: range.count)
        return SSL_TLSEXT_ERR_OK
    }

    /// Whether the extension supported_versions (RFC 8446, 4.2.1) is present. No client before TLS 1.3 sends it.
    private static func offersTLS13(_ ssl: OpaquePointer) -> Bool {
        var bytes: UnsafePointer<UInt8>?
        var count = 0
        return SSL_client_hello_get0_ext(ssl, UInt32(TLSEXT_TYPE_supported_versions), &bytes, &count) == 1
    }
}
