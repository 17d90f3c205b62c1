import TestSupport
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite struct SessionFlowTests {
    static let refusal = WireRefusal(.unknownEvent, "no such event")

    @Test func allNodesPrepareThenStartThenFinish() {
        var flow = SessionFlow(nodes: 2, partial: false)
        #expect(flow.prepared(0, .success(WirePrepared())) == .wait)
        #expect(flow.prepared(1, .success(WirePrepared())) == .start(nodes: [0, 1]))
        #expect(flow.started(1, .success(WireStarted())) == .wait)
        #expect(flow.started(0, .success(WireStarted())) == .announce)
        #expect(flow.stop() == .stop(nodes: [0, 1]))
        #expect(flow.finished(0) == .wait)
        #expect(flow.finished(0) == .wait)
        #expect(flow.finished(1) == .end)
        #expect(flow.stop() == .wait)
    }

    @Test func oneRefusalTakesEverythingDown() {
        var flow = SessionFlow(nodes: 3, partial: false)
        #expect(flow.prepared(0, .success(WirePrepared())) == .wait)
        #expect(flow.prepared(1, .failure(Self.refusal)) == .wait)
        #expect(flow.prepared(2, .success(WirePrepared())) == .abort(nodes: [0, 2]))
        #expect(flow.phase == .refused)
    }

    @Test func partialGoesOnWithTheRest() {
        var flow = SessionFlow(nodes: 2, partial: true)
        #expect(flow.prepared(0, .failure(Self.refusal)) == .wait)
        #expect(flow.prepared(1, .success(WirePrepared())) == .start(nodes: [1]))
        var none = SessionFlow(nodes: 1, partial: true)
        #expect(none.prepared(0, .failure(Self.refusal)) == .abort(nodes: []))
    }

    @Test func nodesThatDoNotAnswerAreRefusals() {
        var flow = SessionFlow(nodes: 2, partial: true)
        _ = flow.prepared(0, .success(WirePrepared()))
        #expect(flow.prepareDeadline() == .start(nodes: [0]))
        #expect(flow.prepareDeadline() == .wait)
        // Nothing records: there is no session.
        #expect(flow.startDeadline() == .abort(nodes: [0, 1]))
        #expect(flow.stop() == .wait)
    }

    @Test func aLostNodeNeverKeepsTheSessionOpen() {
        var flow = SessionFlow(nodes: 2, partial: false)
        for node in 0...1 { _ = flow.prepared(node, .success(WirePrepared())) }
        for node in 0...1 { _ = flow.started(node, .success(WireStarted())) }
        #expect(flow.giveUp(0, "gone") == .wait)
        #expect(flow.stop() == .stop(nodes: [1]))
        #expect(flow.giveUp(1, "gone too") == .end)
    }

    @Test func aNodeThatEndsBeforeItsStartKeepsNobodyWaiting() {
        var flow = SessionFlow(nodes: 2, partial: false)
        for node in 0...1 { _ = flow.prepared(node, .success(WirePrepared())) }
        #expect(flow.started(0, .success(WireStarted())) == .wait)
        #expect(flow.finished(1) == .announce)
        var alone = SessionFlow(nodes: 1, partial: false)
        _ = alone.prepared(0, .success(WirePrepared()))
        #expect(alone.finished(0) == .abort(nodes: [0]))
    }

    /// Whatever comes in whatever order, a session ends once, and only when nothing more is expected.
    @Test func everySequenceEnds() {
        var generator = SplitMix64(seed: 11)
        for _ in 0..<2000 {
            let count = 1 + Int(generator.next() % 4)
            var flow = SessionFlow(nodes: count, partial: generator.next() % 2 == 0)
            var ends = 0
            func note(_ step: SessionFlow.Step) {
                switch step {
                case .end, .abort: ends += 1
                default: break
                }
            }
            for _ in 0..<40 {
                let node = Int(generator.next() % UInt64(count))
                switch generator.next() % 8 {
                case 0: note(flow.prepared(node, .success(WirePrepared())))
                case 1: note(flow.prepared(node, .failure(Self.refusal)))
                case 2: note(flow.started(node, .success(WireStarted())))
                case 3: note(flow.started(node, .failure(Self.refusal)))
                case 4: note(flow.finished(node))
                case 5: note(flow.giveUp(node, "gone"))
                case 6: note(flow.startDeadline())
                default: if generator.next() % 8 == 0 { note(flow.stop()) }
                }
            }
            note(flow.prepareDeadline())
            note(flow.startDeadline())
            note(flow.stop())
            for node in 0..<count { note(flow.giveUp(node, "the end")) }
            #expect(ends == 1)
            #expect(flow.phase == .ended || flow.phase == .refused)
        }
    }
}
