import Testing
import TraceProtocol

@testable import OperatorClient

/// A session's whole life against a controller in this process: what is requested, consumed and returned.
@Suite(.timeLimit(.minutes(1)))
struct OperatorSessionTests {
    private let inbox = SessionInbox()
    private let consumer = RecordingConsumer()

    private func run(
        _ controller: ScriptedController, for timeLimit: Duration? = nil, consumer: RecordingConsumer? = nil
    ) async throws -> SessionEnding {
        let (session, _) = try await OperatorSession.open(WireOpenSession(), on: controller, inbox: inbox)
        let consumer = consumer ?? self.consumer
        return try await session.run(for: timeLimit) { consumer }
    }

    @Test("Ctrl-C: the session is stopped, and everything that it still holds is consumed")
    func interrupt() async throws {
        let controller = ScriptedController.opening()
        controller.send(.chunk(node: 0), .chunk(node: 1))
        inbox.put(.interrupted)
        let ending = try await run(controller)
        #expect(ending.exitStatus == 0 && ending.lines.isEmpty)
        #expect(controller.requests == ["open", "stop"] && controller.closes == 1)
        #expect(consumer.record == RecordingConsumer.Record(chunks: [0, 1], problem: ""))
    }

    @Test("Ctrl-C twice, with a node that hangs: the command ends at once and closes nothing")
    func secondInterrupt() async throws {
        let controller = ScriptedController.opening(endsWhenStopped: false)
        inbox.put(.interrupted)
        inbox.put(.interrupted)
        let ending = try await run(controller)
        guard case .abandoned = ending else {
            Issue.record("\(ending)")
            return
        }
        #expect(controller.requests == ["open", "stop"] && controller.closes == 0)
        #expect(consumer.record.problem == nil)
        // For the thread that consumes, which in a process ends with it.
        controller.send(.end(problem: ""))
    }

    @Test("--for elapses: the session is stopped")
    func timeLimit() async throws {
        let controller = ScriptedController.opening()
        let ending = try await run(controller, for: .zero)
        #expect(ending.exitStatus == 0)
        #expect(controller.requests == ["open", "stop"])
        #expect(consumer.record.problem == "")
    }

    @Test("The command ends with a status: the session is stopped, and the status is passed on")
    func command() async throws {
        let controller = ScriptedController.opening()
        inbox.put(.commandEnded(status: 3))
        let ending = try await run(controller)
        #expect(ending.exitStatus == 3)
        #expect(controller.requests == ["open", "stop"])
    }

    @Test("The session ends by itself: nothing is stopped")
    func endsByItself() async throws {
        let controller = ScriptedController.opening()
        controller.send(.chunk(node: 1), .end(problem: ""))
        let ending = try await run(controller)
        #expect(ending.exitStatus == 0)
        #expect(controller.requests == ["open"] && controller.closes == 1)
    }

    @Test("The controller has a problem with the session: exit status 1")
    func problem() async throws {
        let controller = ScriptedController.opening()
        controller.send(.end(problem: "the controller's disk is full"))
        let ending = try await run(controller)
        #expect(ending.exitStatus == 1 && ending.lines == ["problem: the controller's disk is full"])
    }

    @Test("The connection is lost: what came is consumed, and the reason is a problem")
    func disconnected() async throws {
        let controller = ScriptedController.opening()
        controller.send(.chunk(node: 0))
        controller.breakOff(ClientError.closed)
        let ending = try await run(controller)
        #expect(ending.exitStatus == 1)
        #expect(
            ending.lines == [
                "problem: the connection to the controller was lost: the controller closed the connection"
            ])
        #expect(consumer.record.chunks == [0])
    }

    @Test("Nobody reads stdout any longer: the session is stopped, exit status 0")
    func closedPipe() async throws {
        let controller = ScriptedController.opening()
        controller.send(.chunk(node: 0))
        let ending = try await run(
            controller, consumer: RecordingConsumer(failing: BrokenOutput(isClosedPipe: true)))
        #expect(ending.exitStatus == 0)
        #expect(ending.lines.first?.hasPrefix("nobody reads the output any longer") == true)
        #expect(controller.requests == ["open", "stop"] && controller.closes == 1)
    }

    @Test(
        "Nobody reads stdout any longer while a write to it blocks, and the controller's replies wait behind the queue")
    func closedPipeBehindABlockedWrite() async throws {
        // The stop is never replied to.
        let controller = ScriptedController.opening(endsWhenStopped: false)
        controller.send(.chunk(node: 0))
        let blocked = BlockedConsumer()
        let (session, _) = try await OperatorSession.open(WireOpenSession(), on: controller, inbox: inbox)
        async let ending = session.run { blocked }
        await blocked.begun()
        inbox.put(.outputClosed)
        guard case .outputClosed = try await ending else {
            Issue.record("another end")
            return
        }
        #expect(controller.requests == ["open", "stop"] && controller.closes == 1)
        blocked.release()
    }

    @Test("The output cannot be written: the command fails with the reason")
    func brokenOutput() async throws {
        let controller = ScriptedController.opening()
        controller.send(.chunk(node: 0))
        let ending = try await run(
            controller, consumer: RecordingConsumer(failing: BrokenOutput(isClosedPipe: false)))
        #expect(ending.exitStatus == 1 && ending.lines == ["error: no space"])
        #expect(controller.closes == 1)
    }

    @Test("A count: its reports come in order, and the final totals before the end")
    func count() async throws {
        let controller = ScriptedController.opening()
        controller.send(.report(1), .report(2), .report(3), .end(problem: ""))
        let ending = try await run(controller)
        #expect(ending.exitStatus == 0)
        #expect(consumer.record == RecordingConsumer.Record(totals: [1, 2, 3], problem: ""))
    }

    @Test("A watcher that is interrupted closes its connection and stops nothing")
    func attach() async throws {
        let controller = ScriptedController.opening()
        inbox.put(.interrupted)
        let (session, description) = try await OperatorSession.attach(to: "weekly", on: controller, inbox: inbox)
        #expect(session.id == 9 && description.name == "weekly")
        let ending = try await session.run { consumer }
        guard case .left = ending else {
            Issue.record("\(ending)")
            return
        }
        #expect(controller.requests == ["attach"] && controller.closes == 1)
        controller.send(.end(problem: ""))
    }
}
