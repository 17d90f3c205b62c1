import NIOCore
import SystemFacts
import Testing
import TraceProtocol
import Tracefs

@testable import AgentCore

/// A session's life on a node, command by command.
@Suite struct AgentSessionTests {
    @Test func fromPrepareToTheLastAcknowledgement() throws {
        let bench = AgentBench()
        try bench.accepted()
        try bench.command(.prepare(WirePrepare()))
        guard case .prepared(let prepared) = try bench.reply() else { Issue.record("not prepared"); return }
        #expect(prepared.cpus == 2)
        let session = try #require(bench.kernel.sessions[1])

        try bench.command(.start(WireStart()))
        guard case .started(let started) = try bench.reply() else { Issue.record("not started"); return }
        #expect(started.before == 10 && started.after == 20)
        session.record()
        #expect(try bench.numbers() == [StreamNumber(session: 1, sequence: 1)])

        try bench.command(.stop(WireStop()))
        guard case .stopping(let stopping) = try bench.reply() else { Issue.record("not stopping"); return }
        #expect(stopping.after == 40)
        session.record()
        session.delivery.onDrained()
        #expect(try bench.numbers().map(\.sequence) == [2, 3])
        #expect(session.calls == [.start(nil), .stop(nil), .finish(""), .remove(inBackground: true)])

        try bench.acknowledge(2)
        #expect(bench.phase() == .finished)
        try bench.acknowledge(3)
        #expect(bench.phase() == nil)
    }

    @Test func aRefusedPrepareLeavesNothing() throws {
        let bench = AgentBench()
        try bench.accepted()
        bench.kernel.refusal = WireRefusal(.unknownEvent, "no event a:b", nearMatches: ["a:c"])
        try bench.command(.prepare(WirePrepare()))
        #expect(try bench.refusal() == bench.kernel.refusal)
        #expect(bench.phase() == nil)
        bench.kernel.refusal = nil
        try bench.session(in: .ready)
        #expect(bench.phase() == .ready)
    }

    @Test func aSessionIsPreparedOnce() throws {
        let bench = AgentBench()
        try bench.accepted()
        try bench.session(in: .ready)
        try bench.command(.prepare(WirePrepare()))
        #expect(try bench.refusal()?.code == .wrongState)
    }

    @Test func commandsForASessionThatDoesNotExistAreRefused() throws {
        let bench = AgentBench()
        try bench.accepted()
        try bench.command(.start(WireStart()))
        #expect(try bench.refusal()?.code == .noSuchSession)
        try bench.command(.stop(WireStop()))
        #expect(try bench.refusal()?.code == .noSuchSession)
    }

    @Test func theControlThreadTurnsToAStartShortlyBeforeItsMoment() throws {
        let bench = AgentBench()
        try bench.accepted()
        let session = try bench.session(in: .ready)
        let moment = bench.clock.now.advanced(by: .seconds(1))
        try bench.command(.start(.with { $0.at = moment.nanoseconds }))
        bench.loop.advanceTime(by: .milliseconds(994))
        #expect(session.calls.isEmpty)
        bench.loop.advanceTime(by: .milliseconds(1))
        #expect(session.calls == [.start(moment)])
    }

    @Test func aStartFarAheadIsRefusedAndAStopFarAheadIsAtOnce() throws {
        let bench = AgentBench()
        try bench.accepted()
        let session = try bench.session(in: .ready)
        let far = bench.clock.now.advanced(by: .seconds(121)).nanoseconds
        try bench.command(.start(.with { $0.at = far }))
        #expect(try bench.refusal()?.text.contains("two minutes") == true)
        try bench.command(.stop(.with { $0.at = far }))
        #expect(session.calls == [.stop(nil)])
    }

    @Test(arguments: [SessionState.Phase.ready, .recording, .draining])
    func aDiscardedSessionIsRemovedFromTheKernel(phase: SessionState.Phase) throws {
        let bench = AgentBench()
        try bench.accepted()
        let session = try bench.session(in: phase)
        try bench.command(.discard(WireDiscard()))
        guard case .discarded = try bench.reply() else { Issue.record("not discarded"); return }
        #expect(bench.phase() == nil)
        #expect(session.calls.last == .remove(inBackground: true))
        // Its reading threads may still report its end.
        session.delivery.onDrained()
        #expect(try bench.frames().isEmpty)
    }

    @Test func aFinishedSessionIsForgottenWhenItIsDiscarded() throws {
        let bench = AgentBench()
        try bench.accepted()
        let session = try bench.session(in: .finished)
        let calls = session.calls
        try bench.command(.discard(WireDiscard()))
        #expect(bench.phase() == nil)
        #expect(session.calls == calls)
    }

    @Test func aSessionThatIsDiscardedWhileItIsPreparedIsRemovedAfterwards() throws {
        let bench = AgentBench()
        try bench.accepted()
        // The control thread gets no turn between the two commands.
        let prepare = WireCommand.with {
            $0.request = 1
            $0.session = 1
            $0.action = .prepare(WirePrepare())
        }
        let discard = WireCommand.with {
            $0.request = 2
            $0.session = 1
            $0.action = .discard(WireDiscard())
        }
        bench.agent.assumeIsolated { agent in
            agent.perform(prepare)
            agent.perform(discard)
        }
        let replies = try bench.frames().map { try $0.message(WireCommandReply.self) }
        #expect(Set(replies.map(\.request)) == [1, 2])
        #expect(bench.phase() == nil)
        #expect(bench.kernel.sessions[1]?.calls == [.remove(inBackground: true)])
    }

    @Test func whatCannotBeRemovedIsSearchedForAgain() throws {
        let bench = AgentBench()
        try bench.accepted()
        let session = try bench.session(in: .recording)
        session.removalError = WireRefusal(.io, "busy")
        try bench.command(.discard(WireDiscard()))
        #expect(bench.kernel.staleProbeSearches == 1)
        bench.slowTick()
        #expect(bench.kernel.staleProbeSearches == 1)
    }

    @Test func excludedProcessesReachEverySession() throws {
        let bench = AgentBench()
        try bench.accepted()
        let sessions = [try bench.session(1, in: .ready), try bench.session(2, in: .ready, counts: true)]
        try bench.command(.excludeProcesses(.with { $0.pids = [4, 5] }))
        guard case .noted = try bench.reply() else { Issue.record("not noted"); return }
        for session in sessions { #expect(session.calls == [.refreshThreads([4, 5])]) }
        // A burst of changes is made known with the next turn.
        try bench.command(.excludeProcesses(.with { $0.pids = [6] }))
        _ = try bench.frames()
        #expect(sessions[0].calls.count == 1)
        bench.slowTick()
        #expect(sessions[0].calls.last == .refreshThreads([6]))
    }
}
