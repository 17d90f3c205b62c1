import NIOCore
import Testing

@testable import SecureTransport

@Suite struct LifecycleTests {
    private func open() -> ConnectionLifecycle {
        var lifecycle = ConnectionLifecycle()
        _ = lifecycle.begin()
        lifecycle.handshakeDone()
        return lifecycle
    }

    @Test func beginsOnce() {
        var lifecycle = ConnectionLifecycle()
        let step1 = lifecycle.begin()
        #expect(step1)
        let step2 = lifecycle.begin()
        #expect(!step2)
        #expect(lifecycle.phase == .handshaking)
    }

    @Test func closeInHandshakeNeedsNoNotice() {
        var lifecycle = ConnectionLifecycle()
        _ = lifecycle.begin()
        let step3 = lifecycle.closeRequested(.output)
        #expect(step3 == .refuse(.operationUnsupported))
        let step4 = lifecycle.closeRequested(.all)
        #expect(step4 == .closeChannel)
        #expect(lifecycle.phase == .closed)
    }

    @Test func closeSendsNoticeOnceAndWaits() {
        var lifecycle = open()
        let step5 = lifecycle.closeRequested(.all)
        #expect(step5 == .endOutput(all: true))
        let step6 = lifecycle.closeRequested(.all)
        #expect(step6 == .wait)
        let step7 = lifecycle.peerEnded(halfClosureAllowed: true)
        #expect(step7 == .closeWhenFlushed)
        let step8 = lifecycle.peerEnded(halfClosureAllowed: true)
        #expect(step8 == .nothing)
    }

    @Test func halfCloseThenClose() {
        var lifecycle = open()
        let step9 = lifecycle.closeRequested(.output)
        #expect(step9 == .endOutput(all: false))
        #expect(!lifecycle.acceptsWrites)
        #expect(lifecycle.deliversData)
        let step10 = lifecycle.closeRequested(.output)
        #expect(step10 == .refuse(.outputClosed))
        let step11 = lifecycle.closeRequested(.all)
        #expect(step11 == .wait)
        #expect(!lifecycle.deliversData)
    }

    @Test func peersHalfCloseIsReportedOnlyWhereAllowed() {
        var allowed = open()
        let step12 = allowed.peerEnded(halfClosureAllowed: true)
        #expect(step12 == .reportHalfClosure)
        #expect(allowed.acceptsWrites)
        let step13 = allowed.closeRequested(.output)
        #expect(step13 == .endOutput(all: true))
        var other = open()
        let step14 = other.peerEnded(halfClosureAllowed: false)
        #expect(step14 == .endOutput)
        #expect(!other.acceptsWrites)
        #expect(other.phase == .ending)
    }

    @Test func endsOfTheStream() {
        var handshaking = ConnectionLifecycle()
        _ = handshaking.begin()
        let step15 = handshaking.streamEnded()
        #expect(step15 == .failure(.endedInHandshake))
        var truncated = open()
        let step16 = truncated.streamEnded()
        #expect(step16 == .failure(.truncated))
        var orderly = open()
        _ = orderly.peerEnded(halfClosureAllowed: true)
        let step17 = orderly.streamEnded()
        #expect(step17 == .expected)
        var ending = open()
        _ = ending.closeRequested(.all)
        let step18 = ending.streamEnded()
        #expect(step18 == .expected)
    }

    @Test func failsOnce() {
        var lifecycle = open()
        let step19 = lifecycle.fail()
        #expect(step19)
        let step20 = lifecycle.fail()
        #expect(!step20)
        #expect(!lifecycle.acceptsWrites)
        let step21 = lifecycle.closeRequested(.all)
        #expect(step21 == .wait)
        let step22 = lifecycle.streamEnded()
        #expect(step22 == .expected)
    }
}

@Suite struct IdleClockTests {
    @Test func countsOnlyWhileListening() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        var clock = IdleClock(limit: .seconds(10), now: start)
        #expect(clock.verdict(now: start + .seconds(100)) == .checkAt(start + .seconds(110)))
        clock.listen(now: start + .seconds(5))
        #expect(clock.verdict(now: start + .seconds(14)) == .checkAt(start + .seconds(15)))
        clock.listen(now: start + .seconds(14))
        #expect(clock.verdict(now: start + .seconds(15)) == .expired)
        clock.heard(now: start + .seconds(15))
        clock.listen(now: start + .seconds(15))
        #expect(clock.verdict(now: start + .seconds(16)) == .checkAt(start + .seconds(25)))
    }
}
