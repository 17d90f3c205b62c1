import SystemFacts
import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("What a journal says of a session")
struct SessionRecoveryTests {
    private static func description(nodes: Int, detached: Bool = false) -> WireSessionDescription {
        .with {
            $0.nodes = (0..<nodes).map { "n\($0)" }
            $0.state = "recording"
            $0.detached = detached
        }
    }

    private static func opening(_ nodes: Int, partial: Bool = false) -> WireJournalEntry {
        .with {
            $0.opening.bootID = "boot"
            $0.opening.request.partial = partial
            $0.opening.incarnations = Array(repeating: "first", count: nodes)
        }
    }

    /// The flow that a journal of these events leads to.
    private static func flow(
        _ events: [SessionFlow.Event], nodes: Int, partial: Bool = false, detached: Bool = true
    ) throws -> RecoveredFlow {
        let recovery = SessionRecovery(
            description(nodes: nodes, detached: detached),
            journal: [opening(nodes, partial: partial)] + events.map { WireJournalEntry($0) }, hasLogs: true,
            bootID: "boot")
        guard case .goesOn(let flow) = recovery else { throw Unexpected(text: "\(recovery)") }
        return flow
    }

    private static let prepared = WirePrepared.with { $0.cpus = 4 }
    private static let started = WireStarted.with { ($0.before, $0.after) = (1, 2) }
    private static let refusal = WireRefusal(.policy, "not here")

    @Test(
        "Every flow is made again by what moved it, whatever happened, at every step",
        arguments: 0..<200 as Range<UInt64>)
    func everyFlow(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let nodes = Int.random(in: 1...4, using: &random)
        let isPartial = Bool.random(using: &random)
        var flow = SessionFlow(nodes: nodes, partial: isPartial)
        var again = flow
        for _ in 0..<40 {
            let node = Int.random(in: 0..<nodes, using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: _ = flow.prepared(node, .success(Self.prepared))
            case 1: _ = flow.prepared(node, .failure(Self.refusal))
            case 2: _ = flow.started(node, .success(Self.started))
            case 3: _ = flow.started(node, .failure(Self.refusal))
            case 4: _ = flow.giveUp(node, "gone")
            case 5: if Int.random(in: 0..<6, using: &random) == 0 { _ = flow.stop() }
            case 6: if Int.random(in: 0..<4, using: &random) == 0 { _ = flow.prepareDeadline() }
            default: if Int.random(in: 0..<4, using: &random) == 0 { _ = flow.startDeadline() }
            }
            for event in flow.takeEvents() { if let event = WireJournalEntry(event).event { again.handle(event) } }
            #expect(again.phase == flow.phase && again.parts == flow.parts && again.isAnnounced == flow.isAnnounced)
        }
    }

    private struct Ended: CustomStringConvertible {
        var description: String
        var nodes = 1
        var journal: [WireJournalEntry]?
        var hasLogs = true
    }

    private static let ready = WireJournalEntry(.prepared(0, .success(prepared)))

    @Test("Without a record that was owed it is discarded; of an earlier build it is interrupted")
    func ended() {
        let cases = [
            Ended(description: "nothing was asked", hasLogs: false),
            Ended(description: "the controller ended"),
            Ended(description: "the controller ended", journal: []),
            Ended(description: "still preparing", nodes: 2, journal: [Self.opening(2)]),
            Ended(description: "still preparing", nodes: 2, journal: [Self.opening(2), Self.ready]),
            Ended(description: "did not know of it", journal: [Self.opening(1), Self.ready]),
        ]
        for ended in cases {
            let recovery = SessionRecovery(
                Self.description(nodes: ended.nodes), journal: ended.journal, hasLogs: ended.hasLogs, bootID: "boot")
            switch recovery {
            case .discarded(let text), .interrupted(let text): #expect(text.contains(ended.description))
            case .goesOn: Issue.record("goes on: \(ended)")
            }
        }
    }

    @Test("Another boot, and a journal that does not fit, interrupt it")
    func interrupted() {
        let entries = [Self.opening(1), .with { $0.gaveUp.node = 7 }]
        for (journal, boot, reason) in [
            ([Self.opening(1)], "other", "machine was restarted"), (entries, "boot", "does not fit"),
            ([Self.opening(2)], "boot", "does not fit"),
            ([Self.opening(1), .with { $0.member.node = 1 }], "boot", "does not fit"),
        ] {
            let recovery = SessionRecovery(Self.description(nodes: 1), journal: journal, hasLogs: true, bootID: boot)
            guard case .interrupted(let text) = recovery else {
                Issue.record("\(recovery)")
                continue
            }
            #expect(text.contains(reason))
        }
    }

    @Test("The phases from the start on, with the moments and the agents' names")
    func phases() throws {
        let ready: [SessionFlow.Event] = [.prepared(0, .success(Self.prepared)), .prepared(1, .failure(Self.refusal))]
        #expect(try Self.flow(ready, nodes: 2, partial: true).flow.phase == .starting)
        let running = ready + [.started(0, .success(Self.started))]
        #expect(try Self.flow(running, nodes: 2, partial: true, detached: false).flow.phase == .recording)
        #expect(try Self.flow(running + [.stop], nodes: 2, partial: true, detached: false).flow.phase == .stopping)
        #expect(try Self.flow(running + [.giveUp(0, "x")], nodes: 2, partial: true).flow.phase == .ended)

        var entries = [Self.opening(1), WireJournalEntry(.prepared(0, .success(Self.prepared)))]
        entries.append(.with { $0.starting.at = 7 })
        entries.append(.with { $0.starting.at = 9 })
        entries.append(WireJournalEntry(.started(0, .success(Self.started))))
        entries.append(.with { ($0.member.node, $0.member.incarnation) = (0, "second") })
        entries.append(.with { $0.stopping.at = 11 })
        let recovery = SessionRecovery(Self.description(nodes: 1), journal: entries, hasLogs: true, bootID: "boot")
        guard case .goesOn(let flow) = recovery else { throw Unexpected(text: "\(recovery)") }
        #expect(flow.moment?.nanoseconds == 9 && flow.stoppedAt?.nanoseconds == 11 && flow.incarnations == ["second"])
    }
}
