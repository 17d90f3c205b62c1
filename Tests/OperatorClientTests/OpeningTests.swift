import Testing
import TraceProtocol

@testable import OperatorClient

/// What comes of a request for a session, and the reports of a count that is only watched.
@Suite(.timeLimit(.minutes(1)))
struct OpeningTests {
    @Test("Every node refuses: nothing is started, and the reason is told once")
    func refusedByAll() async throws {
        let controller = ScriptedController.opening(refusing: ["a", "b"])
        let error = try #require(
            await #expect(throws: SessionNotStarted.self) {
                try await OperatorSession.open(WireOpenSession(), on: controller)
            })
        #expect(error.isEverywhere)
        #expect(error.lines == ["2 of 2 nodes (a, b): no event \"sched:x\""])
        #expect(controller.requests == ["open"])
    }

    @Test("One node refuses, not partial: nothing is started, and the node is named")
    func refusedByOne() async throws {
        let controller = ScriptedController.opening(refusing: ["b"], started: false)
        let error = try #require(
            await #expect(throws: SessionNotStarted.self) {
                try await OperatorSession.open(WireOpenSession(), on: controller)
            })
        #expect(!error.isEverywhere)
        #expect(error.lines == ["node b: no event \"sched:x\""])
    }

    @Test("One node refuses, partial: the session runs, and the reply has the refusal")
    func partial() async throws {
        let controller = ScriptedController.opening(refusing: ["b"])
        let (session, opened) = try await OperatorSession.open(WireOpenSession(), on: controller)
        #expect(session.id == 7)
        #expect(RefusalText.lines(opened.replies) == ["node b: no event \"sched:x\""])
    }

    @Test("The controller refuses the request itself")
    func notPermitted() async {
        let controller = ScriptedController { _, _ in .refusal(WireRefusal(.noPermission, "vera is a viewer")) }
        let error = await #expect(throws: ClientError.self) {
            try await OperatorSession.open(WireOpenSession(), on: controller)
        }
        #expect(error?.description == "vera is a viewer")
    }

    @Test("A reply that does not belong to the request")
    func wrongReply() async {
        let controller = ScriptedController { _, _ in .nodes(WireNodeList()) }
        let error = await #expect(throws: ClientError.self) {
            try await OperatorSession.open(WireOpenSession(), on: controller)
        }
        guard case .unknownReply = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("A stop is no failure when the session or the connection is gone")
    func stopIsBestEffort() async throws {
        let controller = ScriptedController { verb, _ in
            guard case .openSession = verb else { throw ClientError.closed }
            var opened = WireSessionOpened()
            opened.started = true
            return .opened(opened)
        }
        let (session, _) = try await OperatorSession.open(WireOpenSession(), on: controller)
        await session.cancel()
        #expect(controller.requests == ["open", "stop"] && controller.closes == 1)
    }

    @Test("The reports of a count that is watched, and why there are no more")
    func reports() async throws {
        let controller = ScriptedController.opening()
        let (session, _) = try await OperatorSession.open(WireOpenSession(), on: controller)
        let (numbers, continuation) = AsyncStream<UInt64>.makeStream()
        let (ends, ended) = AsyncStream<CountEnd>.makeStream()
        controller.send(.report(1), .report(2))
        controller.breakOff(BrokenOutput(isClosedPipe: false))
        try session.forEachReport {
            continuation.yield($0.nodes[0].totals.number)
        } onEnd: {
            continuation.finish()
            ended.yield($0)
            ended.finish()
        }
        #expect(await numbers.reduce(into: []) { $0.append($1) } == [1, 2])
        #expect(await ends.reduce(into: []) { $0.append($1) } == [.disconnected("no space")])
    }

    @Test("The first report that fits; none when the count ends, or the time is up, before it comes")
    func firstReport() async throws {
        let controller = ScriptedController.opening()
        let (session, _) = try await OperatorSession.open(WireOpenSession(), on: controller)
        controller.send(.report(0), .report(5))
        let found = try await session.firstReport(within: .seconds(60)) { $0.nodes[0].totals.elapsedNs > 0 }
        #expect(found?.nodes.first?.totals.number == 5)
        controller.send(.report(0), .end(problem: ""))
        let none = try await session.firstReport(within: .seconds(60)) { $0.nodes[0].totals.elapsedNs > 0 }
        #expect(none == nil)
        let late = try await session.firstReport(within: .zero) { _ in true }
        #expect(late == nil)
    }
}
