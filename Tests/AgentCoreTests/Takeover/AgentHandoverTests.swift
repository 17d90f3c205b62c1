import Logging
import NIOCore
import Testing
import TraceProtocol

@testable import AgentCore

/// SIGTERM: what was read is delivered or stored, and the next agent goes on.
@Suite("An agent leaves its sessions to a successor") struct AgentHandoverTests {
    private static let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func bench(_ path: String) throws -> AgentBench {
        AgentBench(journal: try StateJournal(in: StateFolder(at: path), .with { $0.bootID = "b" }, log: log))
    }

    /// Ends an agent as the first SIGTERM does.
    private static func handOver(_ bench: AgentBench, whileItWaits: () throws -> Void = {}) throws {
        let read = bench.agent.assumeIsolated { $0.stopReading(within: .seconds(2)) }
        bench.loop.run()
        try whileItWaits()
        bench.loop.advanceTime(by: .seconds(2))
        try read.wait()
        bench.loseConnection()
        bench.agent.assumeIsolated { _ = $0.leave() }
        bench.loop.run()
        bench.die()
    }

    @Test("It reads nothing more, leaves the kernel alone, and stores what was not acknowledged")
    func stored() throws {
        try TestFolder.with { path in
            try Self.leave(path, acknowledging: 2)
            let next = try Self.bench(path)
            next.takeOver()
            let hello = try next.connect()
            #expect(hello.sessions.map(\.takenOver) == [true] && hello.sessions.map(\.lastSequence) == [4])
            // Frame 3 had come, without an acknowledgement.
            try next.welcome(resume: [1: 3], received: [0: 30])
            #expect(try next.numbers().map(\.sequence) == [4])
            let session = try #require(next.kernel.sessions[1])
            #expect(session.calls == [.resume([0: 30], undelivered: [0: 10], hasMetadata: true)])
            session.record()
            #expect(try next.numbers().map(\.sequence) == [5])
        }
    }

    /// An agent that has made four frames of ten events.
    private static func leave(_ path: String, acknowledging sequence: UInt64) throws {
        let bench = try Self.bench(path)
        try bench.accepted()
        let session = try bench.session(in: .recording)
        for _ in 0..<4 { session.record(events: 10) }
        _ = try bench.frames()
        try bench.acknowledge(sequence)
        try Self.handOver(bench)
        #expect(session.calls.suffix(2) == [.stopReading, .leave] && !session.calls.contains(.stop(nil)))
    }

    @Test("It waits for the controller no longer than it takes")
    func delivered() throws {
        try TestFolder.with { path in
            let bench = try Self.bench(path)
            try bench.accepted()
            let session = try bench.session(in: .recording)
            session.record(events: 10)
            _ = try bench.frames()
            let read = bench.agent.assumeIsolated { $0.stopReading(within: .seconds(2)) }
            bench.loop.run()
            try bench.acknowledge(1)
            try read.wait()
            bench.loseConnection()
            bench.agent.assumeIsolated { _ = $0.leave() }
            bench.loop.run()
            bench.die()
            let next = try Self.bench(path)
            next.takeOver()
            try next.connect()
            try next.welcome(resume: [1: 1], received: [0: 10])
            #expect(
                next.kernel.sessions[1]?.calls == [.resume([0: 10], undelivered: [:], hasMetadata: true)])
        }
    }

    @Test("Counts end in order, as their counters do not outlive the agent")
    func counts() throws {
        try TestFolder.with { path in
            let bench = try Self.bench(path)
            try bench.accepted()
            let count = try bench.session(in: .recording, counts: true)
            try Self.handOver(bench) {
                count.delivery.onDrained()
                #expect(try bench.numbers().map(\.sequence) == [1])
                try bench.acknowledge(1)
            }
            #expect(
                count.calls == [.start(nil), .stop(nil), .finish("the agent was stopped"), .remove(inBackground: true)])
            let next = try Self.bench(path)
            next.takeOver()
            #expect(next.kernel.takenOver.isEmpty)
        }
    }

    @Test("The end of a session that was finished is delivered by the successor, without a kernel")
    func finished() throws {
        try TestFolder.with { path in
            let bench = try Self.bench(path)
            try bench.accepted()
            try bench.session(in: .finished)
            try Self.handOver(bench)
            let next = try Self.bench(path)
            next.takeOver()
            #expect(try next.connect().sessions.map(\.finished) == [true])
            try next.welcome(resume: [1: 0])
            #expect(try next.numbers().map(\.sequence) == [1] && next.phase() == .finished)
            try next.acknowledge(1)
            #expect(next.phase() == nil)
        }
    }

    @Test("A successor that ends before its first welcome leaves the stored frames as they are")
    func twice() throws {
        try TestFolder.with { path in
            try Self.leave(path, acknowledging: 2)
            let second = try Self.bench(path)
            second.takeOver()
            try second.connect()
            try Self.handOver(second)
            let third = try Self.bench(path)
            third.takeOver()
            try third.connect()
            try third.welcome(resume: [1: 2], received: [0: 20])
            #expect(try third.numbers().map(\.sequence) == [3, 4])
        }
    }
}
