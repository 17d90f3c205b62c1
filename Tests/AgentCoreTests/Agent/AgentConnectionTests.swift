import NIOCore
import SystemFacts
import Testing
import TraceProtocol

@testable import AgentCore

/// The agent's connection: who it says it is, what it sends again, what it does not accept.
@Suite struct AgentConnectionTests {
    @Test func helloStatesTheAgentAndWelcomeIsAnsweredByVitals() throws {
        let bench = AgentBench()
        let hello = try bench.connect()
        #expect(hello.versions == Negotiation.versions)
        #expect(hello.capabilities == Negotiation.capabilities)
        #expect(hello.labels == ["role": "web"])
        #expect(hello.sessions.isEmpty)
        #expect(bench.agent.assumeIsolated { $0.codec.current } == .deflate)
        try bench.welcome()
        let vitals = try bench.frame(.vitals).message(WireVitals.self)
        #expect(Array(vitals.catalog) == FakeInventory.digest)
        #expect(bench.agent.assumeIsolated { $0.codec.current } == .zstd)
    }

    @Test func nothingIsSentBeforeWelcome() throws {
        let bench = AgentBench()
        try bench.accepted()
        let session = try bench.session(in: .recording)
        bench.loseConnection()
        session.record()
        try bench.connect()
        #expect(try bench.frames().isEmpty)
    }

    @Test func aCommandBeforeWelcomeEndsTheConnection() throws {
        let bench = AgentBench()
        try bench.connect()
        try bench.command(.describe(WireDescribe()))
        let goodbye = try bench.frame(.goodbye).message(WireGoodbye.self)
        #expect(goodbye.reason == .protocolError && goodbye.text.contains("before Welcome"))
        #expect(!bench.channel.isActive)
    }

    @Test func aSecondWelcomeEndsTheConnection() throws {
        let bench = AgentBench()
        try bench.accepted()
        try bench.welcome()
        #expect(try bench.frame(.goodbye).message(WireGoodbye.self).reason == .protocolError)
    }

    @Test func aClockProbeIsRepliedToByTheAgentsClock() throws {
        let bench = AgentBench()
        try bench.accepted()
        bench.clock.advance(by: .seconds(5))
        try bench.send(ClockProbeFrame(id: 7, sent: 3).frame())
        let reply = try ClockReplyFrame(try bench.frame(.clockReply))
        #expect(reply.id == 7 && reply.probeSent == 3)
        #expect(reply.received == 1_005_000_000_000 && reply.sent == reply.received)
    }

    @Test func aCommandOfANewerControllerIsRefused() throws {
        let bench = AgentBench()
        try bench.accepted()
        try bench.command(nil)
        #expect(try bench.refusal()?.code == .unsupported)
    }

    @Test func afterAReconnectTheAgentSendsWhatTheControllerHasNot() throws {
        let bench = AgentBench()
        try bench.accepted()
        let session = try bench.session(in: .recording)
        for _ in 0..<3 { session.record() }
        #expect(try bench.numbers().map(\.sequence) == [1, 2, 3])
        bench.loseConnection()
        session.record()

        let hello = try bench.connect()
        #expect(hello.sessions.map(\.session) == [1])
        #expect(hello.sessions.map(\.lastSequence) == [4])
        #expect(hello.sessions.map(\.finished) == [false])
        try bench.welcome(resume: [1: 2])
        #expect(try bench.numbers().map(\.sequence) == [3, 4])
        #expect(bench.phase() == .recording)
    }

    @Test func aControllerThatHasMoreThanWasSentIsNotBelieved() throws {
        let bench = AgentBench()
        try bench.accepted()
        let session = try bench.session(in: .recording)
        session.record()
        _ = try bench.frames()
        bench.loseConnection()
        try bench.connect()
        try bench.welcome(resume: [1: 9])
        #expect(!bench.channel.isActive)
    }

    @Test func aSessionThatTheControllerDoesNotKnowIsRemoved() throws {
        let bench = AgentBench()
        try bench.accepted()
        let session = try bench.session(in: .recording)
        bench.loseConnection()
        try bench.connect()
        try bench.welcome(resume: [1: nil])
        #expect(bench.phase() == nil)
        #expect(session.calls.last == .remove(inBackground: true))
    }

    @Test func aFinishedSessionIsHeldUntilItIsAcknowledged() throws {
        let bench = AgentBench()
        try bench.accepted()
        try bench.session(in: .finished)
        bench.loseConnection()
        let hello = try bench.connect()
        #expect(hello.sessions.map(\.finished) == [true])
        try bench.welcome(resume: [1: 0])
        #expect(try bench.numbers().map(\.sequence) == [1])
        try bench.acknowledge(1)
        #expect(bench.phase() == nil)
        bench.loseConnection()
        #expect(try bench.connect().sessions.isEmpty)
    }
}
