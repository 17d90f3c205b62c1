/// The time for which a certificate is valid, in seconds since 1970 (UTC). Both ends are included.
///
/// Seconds, because the dates of X.509 reach the year 9999, and 64 bits of nanoseconds only 2262.
public struct CertificateValidity: Sendable, Hashable {
    /// The first second.
    public var notBefore: Int64
    /// The last second.
    public var notAfter: Int64

    /// A certificate is valid this many seconds before it was created, so that it can be used immediately on a node
    /// whose clock is slow.
    public static let backdate: Int64 = 5 * 60
    /// A day, in seconds.
    public static let day: Int64 = 24 * 60 * 60

    /// Any times. `notAfter` should be after `notBefore`.
    public init(notBefore: Int64, notAfter: Int64) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    /// From five minutes before `now` for `days` days after it.
    public static func days(_ days: Int64, from now: Int64) -> CertificateValidity {
        CertificateValidity(notBefore: now - backdate, notAfter: now + days * day)
    }

    /// Ten years, because replacing an authority needs new files on every node.
    public static func authority(from now: Int64) -> CertificateValidity { .days(3652, from: now) }
    /// One year. Certificates are renewed long before.
    public static func leaf(from now: Int64) -> CertificateValidity { .days(365, from: now) }

    /// Limits the end to that of `other`. A certificate is useless after its authority has expired.
    func ending(by other: Int64) -> CertificateValidity {
        CertificateValidity(notBefore: notBefore, notAfter: min(notAfter, other))
    }
}
