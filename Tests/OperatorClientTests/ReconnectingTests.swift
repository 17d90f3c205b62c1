import NIOConcurrencyHelpers
import Testing
import TraceProtocol

@testable import OperatorClient

/// A session whose connection breaks: what is asked of the next one, and what its consumer and a person get.
@Suite(.timeLimit(.minutes(1)))
struct ReconnectingTests {
    private let inbox = SessionInbox()
    private let consumer = RecordingConsumer()
    private let said = NIOLockedValueBox([String]())

    private func run(
        _ controller: ScriptedController, _ dialing: ScriptedDialing, for limit: Duration? = nil
    ) async throws -> SessionEnding {
        let (session, _) = try await OperatorSession.open(
            WireOpenSession(), on: controller, inbox: inbox, redialing: dialing.redialing)
        return try await run(session, for: limit)
    }

    private func run(_ session: OperatorSession, for limit: Duration? = nil) async throws -> SessionEnding {
        let (consumer, said) = (consumer, said)
        return try await session.run(for: limit, say: { text in said.withLockedValue { $0.append(text) } }) { consumer }
    }

    private var texts: [String] { said.withLockedValue { $0 } }

    /// The next controller sends these.
    private static func next(_ items: LogQueue.Item..., breaks: Bool = false) -> ScriptedDialing.Attempt {
        .connects { ScriptedController.opening(queue: $0, stream: items, breaks: breaks) }
    }

    @Test("The stream goes on with the next byte of each node, and the account is whole")
    func goesOn() async throws {
        let controller = ScriptedController.opening(["a", "b", "c"])
        let dialing = ScriptedDialing(
            .fails(ClientError.closed), Self.next(.chunk(node: 1), .chunk(node: 2)))
        controller.send(.chunk(node: 0, bytes: 40), .chunk(node: 1, bytes: 7), .chunk(node: 0, bytes: 2))
        controller.breakOff(ClientError.silent(.seconds(30)))
        let ending = try await run(controller, dialing, for: .zero)
        #expect(ending.exitStatus == 0 && ending.lines.isEmpty)
        #expect(consumer.record == RecordingConsumer.Record(chunks: [0, 1, 0, 1, 2], problem: ""))
        #expect(consumer.returns.withLockedValue { $0 } == 1)
        let second = try #require(dialing.controllers.first)
        let request = try #require(second.attach)
        #expect(request.session == 7 && request.read == [42, 7, 0] && request.reclaim)
        #expect(dialing.pauses.count == 2 && second.closes == 1 && controller.closes == 0)
        #expect(texts.count == 2, "\(texts)")
        #expect(
            texts.first == "the connection to the controller was lost: "
                + "nothing has come from the controller for 30 s: it hangs, or its link is down; connecting again for up to 60 s"
        )
        #expect(texts.last?.hasPrefix("connected again after 0.") == true)
    }

    @Test("It breaks again and again: each time it goes on from where it was")
    func breaksAgain() async throws {
        let controller = ScriptedController.opening(["a"])
        let broken = Self.next(.chunk(node: 0, bytes: 10), breaks: true)
        let dialing = ScriptedDialing(broken, broken, Self.next(.end(problem: "")))
        controller.send(.chunk(node: 0, bytes: 5))
        controller.breakOff()
        let ending = try await run(controller, dialing)
        #expect(ending.exitStatus == 0)
        #expect(dialing.controllers.compactMap(\.attach?.read.first) == [5, 15, 25])
        #expect(texts.count { $0.hasPrefix("the connection to the controller was lost") } == 3)
    }

    @Test("The session is no longer there: what came is intact, with the reason")
    func refused() async throws {
        let controller = ScriptedController.opening()
        let dialing = ScriptedDialing(
            .connects {
                ScriptedController(queue: $0) { _, _ in .refusal(WireRefusal(.noSuchSession, "no session 7 is running"))
                }
            })
        controller.send(.chunk(node: 0))
        controller.breakOff()
        let ending = try await run(controller, dialing)
        #expect(ending.exitStatus == 1 && consumer.record.chunks == [0])
        #expect(
            ending.lines == [
                "problem: the connection to the controller was lost: the controller closed the connection; "
                    + "and the session cannot be taken up again: no session 7 is running"
            ])
        #expect(dialing.controllers.map(\.closes) == [1])
    }

    @Test("Nothing answers: it gives up after the lease")
    func givesUp() async throws {
        let controller = ScriptedController.opening()
        let dialing = ScriptedDialing()
        controller.breakOff()
        let ending = try await run(controller, dialing)
        #expect(ending.exitStatus == 1)
        #expect(consumer.record.problem?.contains("no other for 60 s: cannot reach the controller") == true)
        let waited = dialing.pauses.reduce(.zero, +)
        #expect(waited >= .seconds(60) && waited <= .seconds(62))
        #expect(texts.count == 1)
    }

    @Test("A reason that is final, and a controller that keeps no session for who comes back: nobody dials")
    func final() async throws {
        let told = ScriptedController.opening()
        told.breakOff(ClientError.goodbye(WireGoodbye(.notAllowed, "no")))
        let old = ScriptedController.opening(capabilities: [])
        old.breakOff()
        for controller in [told, old] {
            let dialing = ScriptedDialing(Self.next(.end(problem: "")))
            let ending = try await run(controller, dialing)
            #expect(ending.exitStatus == 1)
            #expect(dialing.pauses.isEmpty && texts.isEmpty)
        }
    }

    @Test("Ctrl-C while there is no connection ends the command at once, with its account")
    func interrupted() async throws {
        let controller = ScriptedController.opening()
        controller.send(.chunk(node: 0))
        let (session, _) = try await OperatorSession.open(
            WireOpenSession(), on: controller, inbox: inbox,
            redialing: Redialing(pause: { _ in try await Task.sleep(for: .seconds(3600)) }) { _ in controller })
        controller.breakOff()
        inbox.put(.interrupted)
        let ending = try await run(session)
        #expect(ending.exitStatus == 1 && consumer.record.chunks == [0])
        #expect(consumer.record.problem?.hasSuffix("interrupted before there was another") == true)
    }

    @Test("The time is up while there is no connection: the next one is told to stop")
    func stopsLater() async throws {
        let controller = ScriptedController.opening()
        let dialing = ScriptedDialing(Self.next(.chunk(node: 1)))
        controller.breakOff()
        let ending = try await run(controller, dialing, for: .zero)
        #expect(ending.exitStatus == 0)
        let second = try #require(dialing.controllers.first)
        #expect(second.requests == ["attach", "stop"])
        #expect(consumer.record == RecordingConsumer.Record(chunks: [1], problem: ""))
    }

    @Test("Who watches goes on too, and takes nothing back; leaving needs no connection")
    func watcher() async throws {
        let controller = ScriptedController.opening(["a"])
        let dialing = ScriptedDialing(Self.next(.end(problem: "")))
        let (session, _) = try await OperatorSession.attach(
            to: "weekly", on: controller, inbox: inbox, redialing: dialing.redialing)
        #expect(controller.attach?.name == "weekly" && controller.attach?.read.isEmpty == true)
        controller.send(.chunk(node: 0, bytes: 3))
        controller.breakOff()
        #expect(try await run(session).exitStatus == 0)
        let request = try #require(dialing.controllers.first?.attach)
        #expect(request.session == 9 && request.read == [3] && !request.reclaim)
    }

    @Test("A count goes on: each report has everything since the start")
    func count() async throws {
        let controller = ScriptedController.opening()
        let dialing = ScriptedDialing(Self.next(.report(3), .end(problem: "")))
        controller.send(.report(1), .report(2))
        controller.breakOff()
        #expect(try await run(controller, dialing).exitStatus == 0)
        #expect(consumer.record.totals == [1, 2, 3])
    }

    @Test("Ctrl-C ends a copy where it is, with its account, and stops nothing")
    func copier() async throws {
        let controller = ScriptedController.opening()
        let (session, _) = try await OperatorSession.attach(to: "weekly", as: .copier, on: controller, inbox: inbox)
        controller.send(.chunk(node: 0))
        inbox.put(.interrupted)
        let ending = try await run(session)
        #expect(ending.exitStatus == 1 && consumer.record.chunks == [0])
        #expect(consumer.record.problem?.hasPrefix("interrupted") == true)
        #expect(controller.requests == ["attach"] && controller.closes == 1)
    }
}
