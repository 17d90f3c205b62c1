import COpenSSL

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// A certificate's period of validity, and what this side's clock said when it was looked at. Seconds since 1970 (UTC).
public struct CertificateClock: Sendable, Hashable, CustomStringConvertible {
    public var notBefore: Int64
    public var notAfter: Int64
    public var now: Int64

    public init(notBefore: Int64, notAfter: Int64, now: Int64) {
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.now = now
    }

    /// A certificate now.
    init(_ certificate: OpaquePointer) {
        let facts = CertificateFacts(certificate)
        self.init(notBefore: facts.notBefore, notAfter: facts.notAfter, now: Int64(time(nil)))
    }

    var isValid: Bool { (notBefore...max(notBefore, notAfter)).contains(now) }

    /// `it is valid from 2026-11-29 12:00:00 to 2027-11-29 12:00:00, and the clock here says 2026-11-28 12:00:00 (UTC)`.
    public var description: String {
        "it is valid from \(Self.text(notBefore)) to \(Self.text(notAfter)), and the clock here says \(Self.text(now)) (UTC)"
    }

    private static func text(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = tm()
        guard gmtime_r(&time, &parts) != nil else { return "\(seconds)" }
        var text = [CChar](repeating: 0, count: 64)
        strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &parts)
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
