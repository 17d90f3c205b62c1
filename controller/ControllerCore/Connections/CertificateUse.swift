import SecureTransport

/// How many connections each certificate has. No I/O.
struct CertificateUse {
    /// An operator has one for each command that runs. A node has one, and at times an earlier one that is not closed.
    static func most(_ role: PeerRole) -> Int { role == .node ? 8 : 128 }

    private var counts: [String: Int] = [:]

    /// - Parameter certificate: its fingerprint.
    /// - Returns: false if it has all that it may have.
    mutating func begin(_ certificate: String, _ role: PeerRole) -> Bool {
        guard counts[certificate, default: 0] < Self.most(role) else { return false }
        counts[certificate, default: 0] += 1
        return true
    }

    mutating func end(_ certificate: String) {
        guard let count = counts[certificate] else { return }
        counts[certificate] = count > 1 ? count - 1 : nil
    }
}
