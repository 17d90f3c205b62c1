import NIOCore
import Testing

@testable import SecureTransport

@Suite struct CertificateLifetimeTests {
    @Test func endsWithTheFirstCertificate() {
        let lifetime = CertificateLifetime(own: 2_000, peer: 1_000)
        #expect(lifetime.verdict(now: 0) == .checkIn(.seconds(60)))
        #expect(lifetime.verdict(now: 990) == .checkIn(.seconds(11)))
        #expect(lifetime.verdict(now: 1_000) == .checkIn(.seconds(1)))
        #expect(lifetime.verdict(now: 1_001) == .ended(isOwn: false))
        #expect(CertificateLifetime(own: 5, peer: 9).verdict(now: 6) == .ended(isOwn: true))
    }

    @Test func aClockThatIsSetBackEndsNothing() {
        let lifetime = CertificateLifetime(own: .max, peer: 1_000)
        #expect(lifetime.verdict(now: -5_000) == .checkIn(.seconds(60)))
    }
}
