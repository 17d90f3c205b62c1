import Testing
import TraceProtocol

@testable import OperatorClient
@testable import SecureTransport

/// When a command whose connection broke dials again, and when it gives up.
@Suite struct ReattachmentTests {
    private static let start = SuspendingClock.now
    private static let refused = ClientError.unreachable(
        address: "c:1", reason: "nothing listens there", isFinal: false)

    private var generator = SystemRandomNumberGenerator()

    @Test(
        "It goes on for the lease, for the grace of a controller that lives, and without a stated lease for a minute",
        arguments: [(0, 60), (5, 30), (30, 30), (60, 60), (3600, 3600)])
    func patience(lease: Int, expected: Int) {
        #expect(Reattachment(lease: .seconds(lease)).patience == .seconds(expected))
    }

    @Test("The first attempt comes at once, later ones after pauses that grow up to two seconds")
    mutating func pauses() {
        var reattachment = Reattachment(lease: .seconds(60))
        var pause = reattachment.lost(because: ClientError.closed, at: Self.start, using: &generator)
        var ceiling = Duration.milliseconds(200)
        for _ in 0..<10 {
            #expect(pause >= ceiling / 2 && pause <= ceiling)
            ceiling = min(ceiling * 2, .seconds(2))
            guard case .dial(let next) = reattachment.failed(because: Self.refused, at: Self.start, using: &generator)
            else {
                Issue.record("it gave up")
                return
            }
            pause = next
        }
        // Another loss begins anew.
        let again = reattachment.lost(because: ClientError.closed, at: Self.start, using: &generator)
        #expect(again <= .milliseconds(200))
    }

    @Test("The last attempt is the first one after the lease; what broke and why there is no other are said")
    mutating func givesUp() {
        var reattachment = Reattachment(lease: .seconds(60))
        _ = reattachment.lost(because: ClientError.closed, at: Self.start, using: &generator)
        let before = reattachment.failed(because: Self.refused, at: Self.start + .seconds(59), using: &generator)
        guard case .dial = before else {
            Issue.record("\(before)")
            return
        }
        #expect(
            reattachment.failed(because: Self.refused, at: Self.start + .seconds(60), using: &generator)
                == .giveUp(
                    "the controller closed the connection; no other for 60 s: cannot reach the controller at c:1: nothing listens there"
                ))
        #expect(reattachment.outage(at: Self.start + .seconds(61)) == .seconds(61))
    }

    @Test("A refusal is final")
    mutating func refusal() {
        var reattachment = Reattachment(lease: .seconds(60))
        _ = reattachment.lost(because: ClientError.closed, at: Self.start, using: &generator)
        let refusal = ClientError.refused(WireRefusal(.noSuchSession, "no session 7 is running or stored"))
        #expect(
            reattachment.failed(because: refusal, at: Self.start, using: &generator)
                == .giveUp(
                    "the controller closed the connection; and the session cannot be taken up again: no session 7 is running or stored"
                ))
    }

    private static func transport(_ check: SecureTransportError.Check) -> SecureTransportError {
        SecureTransportError(check: check, side: .client, peerAddress: nil)
    }

    @Test("What the network or a controller that dies can cause is not final")
    func ends() {
        let passing: [any Error] = [
            ClientError.closed, ClientError.silent(.seconds(30)), Self.refused,
            ClientError.goodbye(WireGoodbye(.shuttingDown, "")), ClientError.goodbye(WireGoodbye(.overloaded, "")),
            ClientError.refused(WireRefusal(.overBudget, "")), ClientError.refused(WireRefusal(.io, "")),
            Self.transport(.truncated), Self.transport(.endedBeforeData), Self.transport(.endedInHandshake),
            Self.transport(.handshakeTimeout(milliseconds: 1)), BrokenOutput(isClosedPipe: false),
        ]
        for error in passing { #expect(!ConnectionEnd.isFinal(error), "\(error)") }
        let final: [any Error] = [
            ClientError.unknownReply, ClientError.unreachable(address: "", reason: "", isFinal: true),
            ClientError.goodbye(WireGoodbye(.notAllowed, "")), ClientError.goodbye(WireGoodbye(.certificateEnded, "")),
            ClientError.goodbye(WireGoodbye(.noCommonVersion, "")),
            ClientError.refused(WireRefusal(.noPermission, "")), ClientError.refused(WireRefusal(.unsupported, "")),
            ClientError.refused(WireRefusal(.wrongState, "")),
            Self.transport(.endedWhileOpen(isOwn: true)),
            Self.transport(.expired(CertificateClock(notBefore: 0, notAfter: 1, now: 2))), Self.transport(.revoked),
            ProtocolError.empty,
        ]
        for error in final { #expect(ConnectionEnd.isFinal(error), "\(error)") }
    }
}
