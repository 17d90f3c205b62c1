import Testing
import TraceProtocol

@testable import AgentCore

@Suite struct SessionStateTests {
    @Test func aSessionsOrdinaryLife() throws {
        var state = SessionState()
        #expect(state.prepared() == .none)
        #expect(try state.start(at: 5) == .start(at: 5))
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
        #expect(throws: WireRefusal.self) { try state.start(at: 0) }
        #expect(throws: WireRefusal.self) { try state.stop() }
        _ = state.prepared()
        _ = try state.start(at: 0)
        #expect(throws: WireRefusal.self) { try state.start(at: 0) }
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
        if steps > 0 { _ = try state.start(at: 0) }
        if steps > 1 { _ = state.started() }
        if steps > 2 { _ = try state.stop() }
        #expect(state.discard() == .tearDown)
        #expect(state.discard() == .none)
    }
}

@Suite struct SmallPartsTests {
    @Test func aLeaseRunsOutOnlyInSilence() {
        var lease = Lease(duration: 60, now: 100)
        #expect(!lease.hasRunOut(now: 160))
        #expect(lease.hasRunOut(now: 161))
        lease.heard(now: 150)
        #expect(!lease.hasRunOut(now: 210))
        lease.heard(now: 120)
        #expect(!lease.hasRunOut(now: 210))
    }

    @Test func pausesGrowWithinTheirLimitsAndDiffer() {
        var generator = SystemRandomNumberGenerator()
        var backoff = Backoff()
        var ceiling = Backoff.shortest
        var pauses: Set<Int64> = []
        for _ in 0..<40 {
            let pause = backoff.next(using: &generator)
            #expect(pause >= ceiling / 2 && pause <= ceiling)
            pauses.insert(pause)
            ceiling = min(ceiling * 2, Backoff.longest)
        }
        #expect(pauses.count > 10)
        backoff.reset()
        #expect(backoff.next(using: &generator) <= Backoff.shortest)
    }

    @Test func onlyNewsOfTaskNamesTravels() {
        var names = TaskNames()
        #expect(names.news(in: [1: "init", 7: "sh"]).map(\.pid) == [1, 7])
        #expect(names.news(in: [1: "init", 7: "sh"]).isEmpty)
        let news = names.news(in: [7: "make", 9: "cc"])
        #expect(news.map(\.pid) == [7, 9])
        #expect(news.map { String(decoding: $0.comm, as: UTF8.self) } == ["make", "cc"])
    }

    @Test func namesAreReadFromTheKernelsLines() {
        var names = TaskNames()
        let first = names.news(inLines: Array("1 init\n  7 Web Content\n8 <...>\nx\n9\n99999999999 big\n\n".utf8))
        #expect(first.map(\.pid) == [1, 7])
        #expect(first.map { String(decoding: $0.comm, as: UTF8.self) } == ["init", "Web Content"])
        #expect(names.news(inLines: Array("7 Web Content\n1 init\n".utf8)).isEmpty)
        // Without a newline at the end, longer than a name can be, and known from the other form.
        let second = names.news(inLines: Array("1 init\n7 make\n12 a-name-of-more-than-fifteen".utf8))
        #expect(second.map { String(decoding: $0.comm, as: UTF8.self) } == ["make", "a-name-of-more-"])
        #expect(names.news(in: [7: "make", 12: "a-name-of-more-than-fifteen"]).isEmpty)
    }
}
