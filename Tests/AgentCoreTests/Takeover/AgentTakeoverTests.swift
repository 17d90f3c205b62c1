import Logging
import NIOCore
import Testing
import TraceProtocol

@testable import AgentCore

/// Agents that follow each other on a node, with the state folder between them and a kernel that is played.
@Suite("An agent takes over the sessions of one that died") struct AgentTakeoverTests {
    private static let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func bench(_ path: String) throws -> AgentBench {
        AgentBench(
            journal: try StateJournal(in: StateFolder(at: path), .with { $0.bootID = "b" }, log: log))
    }

    /// An agent with a session in a phase, which has sent `frames` batches and then dies.
    private static func die(
        _ path: String, in phase: SessionState.Phase, frames: Int = 0, counts: Bool = false,
        _ before: (AgentBench, FakeSession) throws -> Void = { _, _ in }
    ) throws {
        let bench = try Self.bench(path)
        try bench.accepted()
        let session = try bench.session(in: phase, counts: counts)
        for _ in 0..<frames { session.record() }
        _ = try bench.frames()
        try before(bench, session)
        bench.die()
    }

    @Test("It says so, and reads nothing before the controller has said what it has")
    func resumes() throws {
        try TestFolder.with { path in
            try Self.die(path, in: .recording, frames: 3)
            let bench = try Self.bench(path)
            bench.takeOver()
            #expect(bench.kernel.takenOver == [1: nil] && bench.phase() == .recording)
            let hello = try bench.connect()
            #expect(hello.sessions.map(\.session) == [1] && hello.sessions.map(\.takenOver) == [true])
            #expect(hello.sessions.map(\.successor) == [false])
            let session = try #require(bench.kernel.sessions[1])
            #expect(session.calls.isEmpty)
            try bench.welcome(resume: [1: 2], received: [0: 20])
            #expect(session.calls == [.resume([0: 20], undelivered: [:], hasMetadata: true)])
            _ = try bench.frames()
            session.record()
            #expect(try bench.numbers().map(\.sequence) == [3])
            // From now on it is a session like any other. But a controller that was restarted may not know that.
            bench.loseConnection()
            let again = try bench.connect()
            #expect(again.sessions.map(\.takenOver) == [false] && again.sessions.map(\.successor) == [true])
        }
    }

    @Test("A connection that is lost before the welcome: it says so again")
    func notWelcomed() throws {
        try TestFolder.with { path in
            try Self.die(path, in: .recording)
            let bench = try Self.bench(path)
            bench.takeOver()
            try bench.connect()
            bench.loseConnection()
            #expect(try bench.connect().sessions.map(\.takenOver) == [true])
        }
    }

    @Test("Nothing of the stream has come: what is needed for decoding is sent again")
    func nothingHasCome() throws {
        try TestFolder.with { path in
            try Self.die(path, in: .recording)
            let bench = try Self.bench(path)
            bench.takeOver()
            try bench.connect()
            try bench.welcome(resume: [1: 0])
            #expect(
                bench.kernel.sessions[1]?.calls == [.resume([:], undelivered: [:], hasMetadata: false)])
        }
    }

    @Test(
        "The phase goes on where it was",
        arguments: [
            (SessionState.Phase.ready, SessionState.Phase.ready), (.recording, .recording), (.draining, .draining),
            (.finished, .draining),
        ])
    func phases(before: SessionState.Phase, after: SessionState.Phase) throws {
        try TestFolder.with { path in
            try Self.die(path, in: before)
            let bench = try Self.bench(path)
            bench.takeOver()
            #expect(bench.phase() == after)
        }
    }

    @Test("A session that the controller does not know any more is removed, and forgotten")
    func unknown() throws {
        try TestFolder.with { path in
            try Self.die(path, in: .recording)
            let bench = try Self.bench(path)
            bench.takeOver()
            try bench.connect()
            try bench.welcome(resume: [1: nil])
            #expect(bench.phase() == nil && bench.kernel.sessions[1]?.calls == [.remove(inBackground: true)])
            try Self.isForgotten(path, after: bench)
        }
    }

    /// Whether the agent after this one finds nothing.
    private static func isForgotten(_ path: String, after bench: AgentBench) throws {
        let journal = try #require(bench.agent.assumeIsolated { $0.kernel.journal })
        var found = AgentJournal()
        for content in try JournalText.contents(of: journal.folder.journal) { found.apply(content) }
        #expect(found.sessions.isEmpty)
    }

    @Test("Sessions that are delivered, discarded or refused are forgotten, and so are counts")
    func forgotten() throws {
        try TestFolder.with { path in
            let bench = try Self.bench(path)
            try bench.accepted()
            try bench.session(1, in: .finished)
            try bench.acknowledge(1)
            try bench.session(2, in: .recording)
            try bench.command(.discard(WireDiscard()), session: 2)
            bench.kernel.refusal = WireRefusal(.io, "no")
            try bench.command(.prepare(WirePrepare()), session: 3)
            bench.kernel.refusal = nil
            try bench.session(4, in: .recording, counts: true)
            try Self.isForgotten(path, after: bench)
        }
    }

    @Test("An agent that ends in order leaves nothing")
    func inOrder() throws {
        try TestFolder.with { path in
            let bench = try Self.bench(path)
            try bench.accepted()
            try bench.session(in: .recording)
            bench.agent.assumeIsolated { _ = $0.shutDown() }
            bench.loop.run()
            try Self.isForgotten(path, after: bench)
        }
    }

    @Test("What is not in the kernel any more is not taken over")
    func gone() throws {
        try TestFolder.with { path in
            try Self.die(path, in: .recording)
            let bench = try Self.bench(path)
            bench.kernel.takeoverFailure = WireRefusal(.io, "no instance")
            bench.takeOver()
            #expect(bench.phase() == nil)
            #expect(try bench.connect().sessions.isEmpty)
            try Self.isForgotten(path, after: bench)
        }
    }

    @Test("A lease that ends before the welcome stops the recording, and the rest is read after it")
    func lease() throws {
        try TestFolder.with { path in
            try Self.die(path, in: .recording)
            let bench = try Self.bench(path)
            bench.takeOver()
            bench.clock.advance(by: .seconds(61))
            bench.slowTick()
            #expect(bench.kernel.sessions[1]?.calls.contains(.stop(nil)) == true && bench.phase() == .draining)
            #expect(try bench.connect().sessions.map(\.takenOver) == [true])
        }
    }

    @Test("Five agents that die as soon as they have taken over: the sixth gives up, and says why")
    func crashLoop() throws {
        try TestFolder.with { path in
            try Self.die(path, in: .recording)
            for _ in 0..<CrashLoop.mostLives {
                let bench = try Self.bench(path)
                bench.takeOver()
                #expect(bench.kernel.takenOver == [1: nil])
                bench.die()
            }
            let bench = try Self.bench(path)
            bench.takeOver()
            #expect(bench.kernel.takenOver == [1: CrashLoop.reason] && bench.phase() == .draining)
        }
    }

    @Test("What the successor's policy forbids ends, with the reason, without a command")
    func forbidden() throws {
        try TestFolder.with { path in
            try Self.die(path, in: .recording, frames: 3)
            let bench = try Self.bench(path)
            bench.kernel.takeoverEnd = "refused by policy"
            bench.takeOver()
            #expect(bench.phase() == .draining)
            try bench.connect()
            try bench.welcome(resume: [1: 3])
            let frames = try bench.frames().filter { $0.type == .finish }
            var finish = try #require(frames.first).body
            _ = try StreamNumber(reading: &finish, of: .finish)
            #expect(try WireFinish(serializedBytes: Array(buffer: finish)).reason == "refused by policy")
            #expect(bench.phase() == .finished)
        }
    }

    @Test("An acknowledgement, or a while, proves that it can live")
    func proof() throws {
        try TestFolder.with { path in
            try Self.die(path, in: .recording)
            for turn in 0..<12 {
                let bench = try Self.bench(path)
                bench.takeOver()
                #expect(bench.kernel.takenOver == [1: nil])
                try bench.connect()
                try bench.welcome(resume: [1: UInt64(turn)])
                bench.kernel.sessions[1]?.record()
                _ = try bench.frames()
                if turn.isMultiple(of: 2) {
                    try bench.acknowledge(UInt64(turn) + 1)
                } else {
                    bench.clock.advance(by: CrashLoop.provingTime)
                    bench.slowTick()
                }
                bench.die()
            }
        }
    }
}
