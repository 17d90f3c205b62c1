import NIOCore

/// Until when a connection may live: no longer than both sides' certificates. TLS checks them in the handshake only.
/// All times in seconds since 1970 (UTC).
struct CertificateLifetime {
    /// The last second of this side's certificate.
    let own: Int64
    /// The last second of the peer's.
    let peer: Int64

    enum Verdict: Hashable {
        case checkIn(TimeAmount)
        case ended(isOwn: Bool)
    }

    /// The machine's clock may be set meanwhile, so it is looked at more often than is necessary.
    static let longestPause: Int64 = 60

    func verdict(now: Int64) -> Verdict {
        if now > own { return .ended(isOwn: true) }
        if now > peer { return .ended(isOwn: false) }
        return .checkIn(.seconds(min(Self.longestPause, min(own, peer) - now + 1)))
    }
}
