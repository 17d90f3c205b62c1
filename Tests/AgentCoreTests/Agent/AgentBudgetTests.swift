import Testing
import TraceProtocol

@testable import AgentCore

@Suite("What an agent lets any controller take of its node")
struct AgentBudgetTests {
    @Test(
        "Welcome: a lease or a credit out of range ends the connection", arguments: [UInt32(1), 999, 3_600_001, .max])
    func lease(_ milliseconds: UInt32) throws {
        let bench = AgentBench()
        try bench.connect()
        try bench.welcome(leaseMs: milliseconds)
        #expect(!bench.channel.isActive)
        #expect(try bench.frame(.goodbye).message(WireGoodbye.self).text.contains("a lease of \(milliseconds) ms"))
    }

    @Test("Welcome: what is in range is taken", arguments: [UInt32(0), 1_000, 3_600_000])
    func leaseInRange(_ milliseconds: UInt32) throws {
        let bench = AgentBench()
        try bench.connect()
        try bench.welcome(credit: 1 << 30, leaseMs: milliseconds)
        #expect(bench.channel.isActive)
    }

    @Test("Welcome: more credit than a balance can have")
    func credit() throws {
        let bench = AgentBench()
        try bench.connect()
        try bench.welcome(credit: 1 << 30 + 1)
        #expect(!bench.channel.isActive)
    }

    @Test("Sessions: 128 at a time, and ending one makes room")
    func sessions() throws {
        let bench = AgentBench()
        try bench.accepted()
        for id in UInt64(1)...128 { try bench.session(id, in: .ready) }
        try bench.command(.prepare(WirePrepare()), session: 129)
        #expect(try bench.refusal()?.code == .overBudget)
        try bench.command(.discard(WireDiscard()), session: 5)
        _ = try bench.frames()
        try bench.session(129, in: .ready)
    }

    @Test("Commands: more than the rate are refused, but for those that end a session")
    func commands() throws {
        let bench = AgentBench()
        try bench.accepted()
        try bench.session(in: .recording)
        for _ in 0..<2_000 { try bench.command(.excludeProcesses(WireExcludeProcesses())) }
        _ = try bench.frames()
        try bench.command(.excludeProcesses(WireExcludeProcesses()))
        #expect(try bench.refusal()?.code == .overBudget)
        try bench.command(.stop(WireStop()))
        #expect(bench.phase() == .draining)
    }
}
