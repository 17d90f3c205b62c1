import Glibc
import NIOCore
import NIOPosix
import Testing
import TraceProtocol

@testable import AgentCore
@testable import OperatorClient
@testable import SecureTransport

extension SecureTransportError: Sampled {
    enum Kind: CaseIterable {
        case noCertificate, unknownAuthority, expired, endedWhileOpen, notYetValid, revoked, revocationListUnusable,
            wrongPurpose,
            badCertificate, badIdentity, wrongRole, wrongServerName, protocolVersion, applicationProtocol, notTLS,
            protocolViolation, handshakeTimeout, handshakeTooLarge, displaced, idleTimeout, endedInHandshake, truncated,
            endedBeforeData, peerAlert, refusedOutsideValidity, tooMuchPending, peerNotReading, local
    }

    var kind: Kind {
        switch check {
        case .noCertificate: .noCertificate
        case .unknownAuthority: .unknownAuthority
        case .expired: .expired
        case .endedWhileOpen: .endedWhileOpen
        case .notYetValid: .notYetValid
        case .revoked: .revoked
        case .revocationListUnusable: .revocationListUnusable
        case .wrongPurpose: .wrongPurpose
        case .badCertificate: .badCertificate
        case .badIdentity: .badIdentity
        case .wrongRole: .wrongRole
        case .wrongServerName: .wrongServerName
        case .protocolVersion: .protocolVersion
        case .applicationProtocol: .applicationProtocol
        case .notTLS: .notTLS
        case .protocolViolation: .protocolViolation
        case .handshakeTimeout: .handshakeTimeout
        case .handshakeTooLarge: .handshakeTooLarge
        case .displaced: .displaced
        case .idleTimeout: .idleTimeout
        case .endedInHandshake: .endedInHandshake
        case .truncated: .truncated
        case .endedBeforeData: .endedBeforeData
        case .peerAlert: .peerAlert
        case .refusedOutsideValidity: .refusedOutsideValidity
        case .tooMuchPending: .tooMuchPending
        case .peerNotReading: .peerNotReading
        case .local: .local
        }
    }

    static var samples: [SecureTransportError] {
        let clock = CertificateClock(notBefore: 1_795_900_000, notAfter: 1_827_436_000, now: 1_795_800_000)
        let alerts: [UInt8] = [20, 40, 42, 43, 44, 45, 46, 48, 49, 51, 70, 80, 116, 120, 255]
        var checks: [Check] = [
            .noCertificate, .unknownAuthority("self-signed certificate in certificate chain"), .expired(clock),
            .notYetValid(clock), .refusedOutsideValidity(TLSAlert(rawValue: 42), clock),
            .revoked, .revocationListUnusable("CRL has expired"), .wrongPurpose, .badCertificate("CA md too weak"),
            .protocolVersion("unsupported protocol"), .applicationProtocol(offered: [], accepted: ["fleetrace/1"]),
            .applicationProtocol(offered: ["h2"], accepted: ["fleetrace/1"]), .notTLS("wrong version number"),
            .protocolViolation("bad record mac"), .handshakeTimeout(milliseconds: 10_000),
            .handshakeTooLarge(limit: 65_536), .endedWhileOpen(isOwn: true), .endedWhileOpen(isOwn: false),
            .displaced(hadGreeted: false), .displaced(hadGreeted: true), .idleTimeout(milliseconds: 60_000),
            .endedInHandshake, .truncated,
            .endedBeforeData, .tooMuchPending(limit: 8 << 20), .peerNotReading, .local("out of memory"),
        ]
        checks += IdentityError.samples.map { .badIdentity($0) }
        checks += alerts.map { .peerAlert(TLSAlert(rawValue: $0), beforeData: true) }
        checks.append(.peerAlert(TLSAlert(rawValue: 80), beforeData: false))
        if let node = try? PeerIdentity.node("web-1"), let one = try? PeerIdentity.controller("one"),
            let two = try? PeerIdentity.controller("two")
        {
            checks += [.wrongRole(node, accepted: [.operator]), .wrongServerName(presented: one, expected: two)]
        }
        return checks.map { SecureTransportError(check: $0, side: .client, peerAddress: "10.0.0.3:7788") }
    }
}

extension IdentityError: Sampled {
    enum Kind: CaseIterable { case noURI, manyURIs, malformedExtension, nul, otherScheme, badName, malformed }

    var kind: Kind {
        switch self {
        case .noURI: .noURI
        case .manyURIs: .manyURIs
        case .malformedExtension: .malformedExtension
        case .nul: .nul
        case .otherScheme: .otherScheme
        case .badName: .badName
        case .malformed: .malformed
        }
    }

    static var samples: [IdentityError] {
        [
            .noURI, .manyURIs(2), .malformedExtension, .nul("fleetrace://node/a\\x00"), .otherScheme("spiffe://a/b"),
            .badName("web 1"), .malformed("fleetrace://boss/a", "it names no role"),
        ]
    }
}

extension AuthorityError: Sampled {
    enum Kind: CaseIterable { case exists, file, notAnAuthority, authorityExpired, badRequest, openSSL }

    var kind: Kind {
        switch self {
        case .exists: .exists
        case .file: .file
        case .notAnAuthority: .notAnAuthority
        case .authorityExpired: .authorityExpired
        case .badRequest: .badRequest
        case .openSSL: .openSSL
        }
    }

    static var samples: [AuthorityError] {
        [
            .exists(path: "pki/ca.key"),
            .file(
                IdentityFileError("pki/ca.key", "is open to others than its owner (mode 644)", remedy: "chmod 600 it")),
            .notAnAuthority(path: "pki/ca.crt"), .authorityExpired(path: "pki/ca.crt"),
            .badRequest("its key is not P-256"),
        ]
    }
}

extension ClientError: Sampled {
    enum Kind: CaseIterable { case closed, unknownReply, unreachable, silent, goodbye, tooOld, refused }

    var kind: Kind {
        switch self {
        case .closed: .closed
        case .unknownReply: .unknownReply
        case .unreachable: .unreachable
        case .silent: .silent
        case .goodbye: .goodbye
        case .tooOld: .tooOld
        case .refused: .refused
        }
    }

    static var samples: [ClientError] {
        var goodbye = WireGoodbye()
        goodbye.text = "no common protocol version"
        goodbye.versions = [2, 3]
        return [
            .closed, .unknownReply, .silent(.seconds(30)),
            .unreachable(address: "10.0.0.5:7788", reason: "connection refused", isFinal: false),
            .goodbye(goodbye), .tooOld("to trace functions"),
            .refused(WireRefusal(.badFilter, "the kernel refused it", detail: "  a ==\n     ^")),
        ]
    }
}

@Suite struct TransportMessages {
    @Test("Errors of connections, certificates and keys")
    func transport() throws {
        var failures: [Snapshot.Message] = []
        for errno in [
            ECONNREFUSED, ECONNRESET, EPIPE, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, EADDRINUSE, EADDRNOTAVAIL, EACCES,
            EMFILE,
        ] {
            let error = IOError(errnoCode: errno, reason: "connect(descriptor:addr:size:)")
            failures.append(.init(cause: "errno \(errno)", text: ConnectionFailure.reason(error)))
        }
        let others: [any Error] = [
            ChannelError.connectTimeout(.seconds(10)), ChannelError.ioOnClosedChannel, ChannelError.eof,
            ChannelError.alreadyClosed, EventLoopError.shutdown, CancellationError(), ConnectionClosed(),
            SecureTransportError(
                check: .expired(CertificateClock(notBefore: 0, notAfter: 86_400, now: 172_800)), side: .client,
                peerAddress: "10.0.0.3:7788"),
        ]
        failures += others.map { .init(cause: "\(type(of: $0)).\($0)", text: ConnectionFailure.reason($0)) }
        try Snapshot.compare(
            SecureTransportError.messages() + AuthorityError.unopened + ClientError.messages() + failures,
            with: "Transport")
    }

    @Test("A name without an address, and a port where nothing listens, say so")
    func real() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let unknown = await #expect(throws: (any Error).self) {
            try await ClientBootstrap(group: group).connect(host: "nosuchhost.invalid", port: 1).get()
        }
        #expect(
            unknown.map { ConnectionFailure.reason($0) }?.hasPrefix("no address is known for nosuchhost.invalid")
                == true)
        // Port 1 of the loopback: tcpmux, which nobody runs.
        let refused = await #expect(throws: (any Error).self) {
            try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: 1).get()
        }
        #expect(refused.map { ConnectionFailure.reason($0) }?.hasPrefix("connection refused") == true)
    }
}

extension AuthorityError {
    /// Its messages. A failure of OpenSSL has what OpenSSL says, and cannot be made without one.
    fileprivate static var unopened: [Snapshot.Message] {
        #expect(Set(samples.map(\.kind)) == Set(Kind.allCases).subtracting([.openSSL]))
        return samples.map { Snapshot.Message(cause: "AuthorityError.\($0.kind)", text: "\($0)") }
    }
}
