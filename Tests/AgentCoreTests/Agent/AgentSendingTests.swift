import NIOCore
import SystemFacts
import Testing
import TraceProtocol

@testable import AgentCore

/// What shares the connection, and what happens by the clock.
@Suite struct AgentSendingTests {
    @Test func twoSessionsShareTheConnectionFrameByFrame() throws {
        let bench = AgentBench()
        try bench.accepted(credit: 0)
        let sessions = try [1, 2].map { try bench.session($0, in: .recording) }
        for _ in 0..<3 { sessions[0].record() }
        for _ in 0..<3 { sessions[1].record() }
        #expect(try bench.numbers().isEmpty)
        // Each grant allows one frame, which overdraws it.
        var sent: [UInt64] = []
        for _ in 0..<6 {
            try bench.send(CreditGrant(bytes: 116).frame())
            let numbers = try bench.numbers()
            #expect(numbers.count == 1)
            sent += numbers.map(\.session)
        }
        #expect(sent == [1, 2, 1, 2, 1, 2])
    }

    @Test func aSocketThatIsFullHoldsFramesBack() throws {
        let bench = AgentBench()
        try bench.accepted()
        let session = try bench.session(in: .recording)
        bench.channel.isWritable = false
        session.record()
        #expect(try bench.numbers().isEmpty)
        bench.channel.isWritable = true
        bench.channel.pipeline.fireChannelWritabilityChanged()
        #expect(try bench.numbers().map(\.sequence) == [1])
    }

    @Test func aWatermarkWaitsForTheFramesBeforeIt() throws {
        let bench = AgentBench()
        try bench.accepted(credit: 0)
        let session = try bench.session(in: .recording)
        session.record()
        session.settledTime = 500
        bench.tick()
        #expect(try bench.frames().isEmpty)
        // The one that waits is not replaced.
        session.settledTime = 600
        bench.tick()
        try bench.send(CreditGrant(bytes: 1 << 10).frame())
        let frames = try bench.frames()
        #expect(frames.map(\.type) == [.batch, .watermark])
        #expect(try Watermark(frames[1]).entries.map(\.time) == [500])
        bench.tick()
        #expect(try Watermark(bench.frame(.watermark)).entries.map(\.time) == [600])
    }

    @Test func aCountsTotalsAreOfferedAndNotKept() throws {
        let bench = AgentBench()
        try bench.accepted()
        let session = try bench.session(in: .recording, counts: true)
        func offer(_ number: UInt64) throws {
            session.delivery.offer(try Frame(.counts, WireCountTotals.with { $0.number = number }))
            bench.loop.run()
        }
        try offer(1)
        #expect(try bench.frame(.counts).message(WireCountTotals.self).number == 1)
        bench.channel.isWritable = false
        try offer(2)
        bench.channel.isWritable = true
        bench.channel.pipeline.fireChannelWritabilityChanged()
        #expect(try bench.frames().isEmpty)
        bench.loseConnection()
        try offer(3)
        try bench.connect()
        try bench.welcome(resume: [1: 0])
        #expect(try bench.frames().map(\.type) == [.vitals])
        try offer(4)
        #expect(try bench.frame(.counts).message(WireCountTotals.self).number == 4)
    }

    @Test func totalsWithoutCreditAreDropped() throws {
        let bench = AgentBench()
        try bench.accepted(credit: 1)
        let session = try bench.session(in: .recording, counts: true)
        func offer(_ number: UInt64) throws {
            session.delivery.offer(try Frame(.counts, WireCountTotals.with { $0.number = number }))
            bench.loop.run()
        }
        // One frame may overdraw.
        try offer(1)
        #expect(try bench.frame(.counts).message(WireCountTotals.self).number == 1)
        try offer(2)
        #expect(try bench.frames().isEmpty)
        try bench.send(CreditGrant(bytes: 100).frame())
        try offer(3)
        #expect(try bench.frame(.counts).message(WireCountTotals.self).number == 3)
    }

    @Test func aCountHasNoWatermarks() throws {
        let bench = AgentBench()
        try bench.accepted()
        try bench.session(in: .recording, counts: true).settledTime = 500
        bench.tick()
        #expect(try bench.frames().isEmpty)
    }

    @Test func sessionsEndWhenTheControllerIsSilentForTheLease() throws {
        let bench = AgentBench()
        try bench.connect()
        try bench.welcome(leaseMs: 20_000)
        _ = try bench.frames()
        let session = try bench.session(in: .recording)
        bench.clock.advance(by: .seconds(20))
        bench.slowTick()
        #expect(bench.phase() == .recording)
        // Any frame renews it.
        try bench.send(Frame(.ping, ByteBuffer()))
        bench.clock.advance(by: .seconds(20))
        bench.slowTick()
        #expect(bench.phase() == .recording)
        bench.clock.advance(by: .milliseconds(1))
        bench.slowTick()
        #expect(bench.phase() == .draining)
        session.delivery.onDrained()
        bench.loop.run()
        #expect(session.calls.contains(.finish("nothing heard from the controller for 20 s")))
    }

    @Test("A session's own lease: it goes on without the controller for as long as it asked for, and no longer")
    func ownLease() throws {
        let bench = AgentBench()
        try bench.connect()
        try bench.welcome(leaseMs: 20_000)
        _ = try bench.frames()
        let usual = try bench.session(1, in: .recording)
        let long = try bench.session(2, in: .recording) { $0.leaseSeconds = 3600 }
        let unattended = try bench.session(3, in: .recording) { $0.unattended = true }
        bench.clock.advance(by: .seconds(21))
        bench.slowTick()
        #expect([1, 2, 3].map { bench.phase(of: $0) } == [.draining, .recording, .recording])
        usual.delivery.onDrained()
        bench.clock.advance(by: .seconds(3580))
        bench.slowTick()
        #expect(bench.phase(of: 2) == .draining && bench.phase(of: 3) == .recording)
        long.delivery.onDrained()
        bench.clock.advance(by: .seconds(6 * 86_400))
        bench.slowTick()
        #expect(bench.phase(of: 3) == .recording)
        bench.clock.advance(by: .seconds(86_400))
        bench.slowTick()
        #expect(bench.phase(of: 3) == .draining)
        unattended.delivery.onDrained()
        bench.loop.run()
        #expect(long.calls.contains(.finish("nothing heard from the controller for 3600 s")))
        #expect(unattended.calls.contains(.finish("nothing heard from the controller for 604800 s")))
    }

    @Test("What a session has recorded when its lease ran out is kept and delivered afterwards, in order")
    func deliveredAfterTheLease() throws {
        let bench = AgentBench()
        try bench.accepted()
        let session = try bench.session(in: .recording) { $0.leaseSeconds = 100 }
        bench.loseConnection()
        for _ in 0..<3 { session.record() }
        bench.clock.advance(by: .seconds(101))
        bench.slowTick()
        session.delivery.onDrained()
        bench.clock.advance(by: .seconds(100_000))
        bench.slowTick()
        #expect(bench.phase() == .finished)
        let held = try bench.connect().sessions
        #expect(held.map(\.lastSequence) == [4] && held.map(\.finished) == [true])
        try bench.welcome(resume: [1: 0])
        #expect(try bench.numbers().map(\.sequence) == [1, 2, 3, 4])
        try bench.acknowledge(4)
        #expect(bench.phase() == nil)
    }

    @Test("Vitals: what waits, since when nothing was sent, and since when nothing can be kept")
    func vitals() throws {
        let bench = AgentBench(memory: 1000)
        try bench.accepted(credit: 200)
        let session = try bench.session(in: .recording)
        func vitals() throws -> WireVitals {
            bench.agent.assumeIsolated { $0.sendVitals() }
            return try bench.frames().last { $0.type == .vitals }?.message() ?? WireVitals()
        }
        var now = try vitals()
        #expect(now.heldBytes == 0 && now.credit == 200 && now.waitingMs == 0 && now.memoryLimit == 1000)
        for _ in 0..<10 { session.record(200) }
        _ = try bench.frames()
        bench.slowTick()
        bench.clock.advance(by: .seconds(5))
        bench.slowTick()
        now = try vitals()
        #expect(now.heldBytes == 2160 && now.memoryBytes == 2160 && now.credit == -16)
        #expect(now.waitingMs == 5000 && now.fullMs == 5000 && now.spoolLimit == 0)
        try bench.send(CreditGrant(bytes: 1 << 20).frame())
        try bench.acknowledge(10)
        bench.slowTick()
        now = try vitals()
        #expect(now.heldBytes == 0 && now.waitingMs == 0 && now.fullMs == 0)
    }

    @Test("Full buffers of a session that stops then: it ends by itself, with the reason")
    func full() throws {
        let bench = AgentBench()
        try bench.accepted()
        let session = try bench.session(in: .recording)
        session.delivery.onFull()
        bench.loop.run()
        #expect(bench.phase() == .draining && session.calls.contains(.stop(nil)))
        session.delivery.onFull()
        session.delivery.onDrained()
        bench.loop.run()
        #expect(session.calls.contains(.finish("its buffers were full (--on-full stop)")))
    }

    @Test func anAgentThatEndsWaitsForTheControllerAndRemovesEverything() throws {
        let bench = AgentBench()
        try bench.accepted()
        let session = try bench.session(in: .recording)
        var isFinished = false
        let finished = bench.agent.assumeIsolated { $0.finishSessions(within: .seconds(5)) }
        finished.assumeIsolated().whenSuccess { isFinished = true }
        bench.loop.run()
        session.delivery.onDrained()
        #expect(try bench.numbers().map(\.sequence) == [1])
        #expect(session.calls.contains(.finish("the agent was stopped")))
        #expect(!isFinished)
        try bench.acknowledge(1)
        #expect(isFinished)
        let left = try bench.session(2, in: .ready)
        _ = bench.agent.assumeIsolated { $0.shutDown() }
        bench.loop.run()
        #expect(left.calls == [.remove(inBackground: false)])
        #expect(bench.kernel.isShutDown)
    }

    @Test func anAgentThatEndsWaitsNoLongerThanItsLimit() throws {
        let bench = AgentBench()
        try bench.accepted()
        try bench.session(in: .recording)
        var isFinished = false
        let finished = bench.agent.assumeIsolated { $0.finishSessions(within: .seconds(5)) }
        finished.assumeIsolated().whenSuccess { isFinished = true }
        bench.loop.advanceTime(by: .milliseconds(4999))
        #expect(!isFinished)
        bench.loop.advanceTime(by: .milliseconds(1))
        #expect(isFinished)
    }
}
