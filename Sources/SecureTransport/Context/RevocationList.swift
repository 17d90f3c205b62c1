import COpenSSL

/// Looks up certificates in a loaded revocation list.
enum RevocationList {
    /// Whether a certificate with this serial number (hexadecimal) is on the list.
    static func contains(_ list: OpaquePointer, serial: String) -> Bool {
        // A serial number has at most 20 bytes (RFC 5280, 4.1.2.2).
        guard !serial.isEmpty, serial.utf8.count <= 40 else { return false }
        var number: OpaquePointer?
        defer { BN_free(number) }
        guard Int(BN_hex2bn(&number, serial)) == serial.utf8.count,
            let integer = BN_to_ASN1_INTEGER(number, nil)
        else { return false }
        defer { ASN1_INTEGER_free(integer) }
        var entry: OpaquePointer?
        return X509_CRL_get0_by_serial(list, &entry, integer) == 1
    }
}
