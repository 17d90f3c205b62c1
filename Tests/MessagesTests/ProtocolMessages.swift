import SystemFacts
import Testing
import Tracefs

@testable import AgentCore
@testable import TraceClock
@testable import TraceProtocol

extension ProtocolError: Sampled {
    enum Kind: CaseIterable {
        case tooLong, empty, malformed, unexpected, noCommonVersion, creditExceeded, sequenceGap
    }

    var kind: Kind {
        switch self {
        case .tooLong: .tooLong
        case .empty: .empty
        case .malformed: .malformed
        case .unexpected: .unexpected
        case .noCommonVersion: .noCommonVersion
        case .creditExceeded: .creditExceeded
        case .sequenceGap: .sequenceGap
        }
    }

    static var samples: [ProtocolError] {
        [
            .tooLong(.batch, length: 9_000_000, limit: 4_000_000), .empty, .malformed(.hello, "not a valid Hello"),
            .unexpected(.request, "from a node"), .unexpected(.vitals, "from an operator"),
            .noCommonVersion(ours: [1], theirs: [2, 3]), .creditExceeded(by: 12), .sequenceGap(expected: 7, got: 9),
        ]
    }
}

extension CodecError: Sampled {
    enum Kind: CaseIterable { case noContext, corrupt, overflow }

    var kind: Kind {
        switch self {
        case .noContext: .noContext
        case .corrupt: .corrupt
        case .overflow: .overflow
        }
    }

    static var samples: [CodecError] { [.noContext(.zstd), .corrupt(.deflate, "it is cut off"), .overflow(.zstd)] }
}

extension ClockProbeError: Sampled {
    enum Kind: CaseIterable { case outOfRange, agentReversed, controllerReversed, holdExceedsRoundTrip }

    var kind: Kind {
        switch self {
        case .outOfRange: .outOfRange
        case .agentReversed: .agentReversed
        case .controllerReversed: .controllerReversed
        case .holdExceedsRoundTrip: .holdExceedsRoundTrip
        }
    }

    static var samples: [ClockProbeError] {
        [.outOfRange, .agentReversed(by: 5), .controllerReversed(by: 5), .holdExceedsRoundTrip(by: 5)]
    }
}

extension TraceClockCheck {
    fileprivate static var samples: [TraceClockCheck] {
        [
            .agrees(uncertainty: .microseconds(3)), .differs(offset: Duration.seconds(-5)...Duration.seconds(-4)),
            .inconsistent,
        ]
    }
}

@Suite struct ProtocolMessages {
    @Test("What a peer did wrong, and clocks")
    func peers() throws {
        let clocks = TraceClockCheck.samples.dropFirst().map {
            Snapshot.Message(cause: "ClockMismatch", text: "\(ClockMismatch(check: $0))")
        }
        try Snapshot.compare(
            ProtocolError.messages() + CodecError.messages() + ClockProbeError.messages() + clocks, with: "Protocol")
    }
}
