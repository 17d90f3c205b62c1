import Testing
import TraceProtocol

@testable import AgentCore

@Suite struct SessionStateTests {
    @Test func aSessionsOrdinaryLife() throws {
        var state = SessionState()
        #expect(state.prepared() == .none)
        #expect(try state.start(at: .after(.seconds(5))) == .start(at: .after(.seconds(5))))
        #expect(state.started() == .none)
        #expect(state.phase == .recording && state.isLive)
        #expect(try state.stop() == .stopAndDrain)
        #expect(!state.isLive)
        #expect(try state.stop() == .none)
        #expect(state.drained() == .none)
        #expect(state.phase == .finished)
        #expect(state.discard() == .forget)
    }

    @Test func whatComesTooEarlyOrTooLateIsRefused() throws {
        var state = SessionState()
        #expect(throws: WireRefusal.self) { try state.start(at: nil) }
        #expect(throws: WireRefusal.self) { try state.stop() }
        _ = state.prepared()
        _ = try state.start(at: nil)
        #expect(throws: WireRefusal.self) { try state.start(at: nil) }
    }

    @Test func aSessionThatIsDiscardedWhileItIsMadeIsTakenDownAfterwards() {
        var state = SessionState()
        #expect(state.discard() == .none)
        #expect(state.prepared() == .tearDown)
    }

    @Test(arguments: [0, 1, 2, 3])
    func discardingTakesDownWhateverRuns(steps: Int) throws {
        var state = SessionState()
        _ = state.prepared()
        if steps > 0 { _ = try state.start(at: nil) }
        if steps > 1 { _ = state.started() }
        if steps > 2 { _ = try state.stop() }
        #expect(state.discard() == .tearDown)
        #expect(state.discard() == .none)
    }
}
