import Testing
import TraceProtocol

@testable import AgentCore

/// What the controller is told of commands that are not done.
@Suite struct OpenCommandsTests {
    private static func command(_ request: UInt64, _ action: WireCommand.OneOf_Action) -> WireCommand {
        .with {
            $0.request = request
            $0.session = request
            $0.action = action
        }
    }

    private static func behind(_ commands: OpenCommands) -> [UInt64: UInt32] {
        Dictionary(uniqueKeysWithValues: commands.progress.map { ($0.request, $0.progress.behind) })
    }

    @Test func sessionsAreMadeSeveralAtATime() {
        var commands = OpenCommands()
        for request in 1...6 as ClosedRange<UInt64> { commands.begin(Self.command(request, .prepare(WirePrepare()))) }
        #expect(NodeSessions.makerCount == 4)
        #expect(Self.behind(commands) == [1: 0, 2: 0, 3: 0, 4: 0, 5: 1, 6: 2])
        commands.end(Self.command(2, .prepare(WirePrepare())))
        #expect(Self.behind(commands) == [1: 0, 3: 0, 4: 0, 5: 0, 6: 1])
        commands.removeAll()
        #expect(commands.progress.isEmpty)
    }

    @Test func eachWorkerHasAQueueOfItsOwn() {
        var commands = OpenCommands()
        commands.begin(Self.command(1, .describe(WireDescribe())))
        commands.begin(Self.command(2, .listNames(WireListNames())))
        commands.begin(Self.command(3, .stop(WireStop())))
        commands.begin(Self.command(4, .prepare(WirePrepare())))
        #expect(Self.behind(commands) == [1: 0, 2: 1, 3: 0, 4: 0])
    }

    @Test func progressIsReportedUntilTheReplyAndOnlyWhereItIsWanted() throws {
        let bench = AgentBench()
        try bench.accepted()
        // The control thread gets no turn before the moment.
        try bench.session(in: .ready)
        let moment = bench.clock.now.advanced(by: .seconds(1))
        try bench.command(.start(.with { $0.at = moment.nanoseconds }))
        bench.agent.assumeIsolated { $0.sendProgress() }
        guard case .progress(let progress) = try bench.reply() else { Issue.record("no progress"); return }
        #expect(progress.behind == 0)
        bench.loop.advanceTime(by: .seconds(1))
        guard case .started = try bench.reply() else { Issue.record("not started"); return }
        bench.agent.assumeIsolated { $0.sendProgress() }
        #expect(try bench.frames().isEmpty)
    }
}
