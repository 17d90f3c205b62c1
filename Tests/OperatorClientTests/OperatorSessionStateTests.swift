import Testing

@testable import OperatorClient

/// Every way in which a command's session ends, without a process, a controller or a clock.
@Suite struct OperatorSessionStateTests {
    /// What an action is, without its details.
    private enum Step: Equatable {
        case wait, stop, cutOff
        case end(status: Int32, stopping: Bool)

        init(_ action: OperatorSessionState.Action) {
            switch action {
            case .wait: self = .wait
            case .stop: self = .stop
            case .cutOff: self = .cutOff
            case .end(let ending, let stopping): self = .end(status: ending.exitStatus, stopping: stopping)
            }
        }
    }

    private struct DiskFull: Error, CustomStringConvertible {
        var description: String { "no space" }
    }

    private static func steps(_ role: OperatorSessionState.Role, _ events: [OperatorSessionState.Event]) -> [Step] {
        var state = OperatorSessionState(role)
        return events.map { Step(state.handle($0)) }
    }

    @Test("Ctrl-C stops the session once, and the rest of its stream is consumed")
    func interrupt() {
        #expect(
            Self.steps(.owner, [.interrupted, .consumed(Verdict())])
                == [.stop, .end(status: 0, stopping: false)])
    }

    @Test("A second Ctrl-C ends the command at once, with a message")
    func secondInterrupt() {
        var state = OperatorSessionState(.owner)
        _ = state.handle(.interrupted)
        guard case .end(.abandoned, stopping: false) = state.handle(.interrupted) else {
            Issue.record("the second interrupt does not end it")
            return
        }
        #expect(SessionEnding.abandoned.exitStatus == 1)
        #expect(SessionEnding.abandoned.lines.first?.contains("interrupted a second time") == true)
    }

    @Test("The time is up: the session is stopped, and a later Ctrl-C does not wait for what it still holds")
    func timeIsUp() {
        #expect(
            Self.steps(.owner, [.timeIsUp, .interrupted]) == [.stop, .end(status: 1, stopping: false)])
        #expect(
            Self.steps(.owner, [.timeIsUp, .consumed(Verdict())]) == [.stop, .end(status: 0, stopping: false)])
    }

    @Test("The command's exit status becomes the session's, also when something else stopped it first")
    func command() {
        #expect(
            Self.steps(.owner, [.commandEnded(status: 3), .consumed(Verdict())])
                == [.stop, .end(status: 3, stopping: false)])
        #expect(
            Self.steps(.owner, [.timeIsUp, .commandEnded(status: 143), .consumed(Verdict())])
                == [.stop, .wait, .end(status: 143, stopping: false)])
    }

    @Test("Problems come before the command's exit status")
    func problems() {
        let ending = SessionEnding.complete(Verdict(problems: ["node a: lost"]), commandStatus: 3)
        #expect(ending.exitStatus == 1)
        #expect(ending.lines == ["problem: node a: lost"])
    }

    @Test("A session that ends by itself is not stopped")
    func endsByItself() {
        #expect(Self.steps(.owner, [.consumed(Verdict())]) == [.end(status: 0, stopping: false)])
    }

    @Test("When nobody reads the output, the owner stops the session; that is no failure")
    func outputClosed() {
        #expect(Self.steps(.owner, [.outputClosed]) == [.end(status: 0, stopping: true)])
        #expect(Self.steps(.watcher, [.outputClosed]) == [.end(status: 0, stopping: false)])
        // Nor is the command's exit status of interest then.
        #expect(
            Self.steps(.owner, [.commandEnded(status: 3), .outputClosed]) == [.stop, .end(status: 0, stopping: true)])
    }

    @Test("A command that writes files is stopped in order when nobody reads its output")
    func outputNotNeeded() {
        var state = OperatorSessionState(.owner, needsOutput: false)
        #expect(Step(state.handle(.outputClosed)) == .stop)
        #expect(Step(state.handle(.consumed(Verdict()))) == .end(status: 0, stopping: false))
    }

    @Test("An onlooker stops its session for any reason to end, and reads nothing more")
    func onlooker() {
        #expect(Self.steps(.onlooker, [.interrupted]) == [.end(status: 0, stopping: true)])
        #expect(Self.steps(.onlooker, [.timeIsUp]) == [.end(status: 0, stopping: true)])
        #expect(Self.steps(.onlooker, [.outputClosed]) == [.end(status: 0, stopping: true)])
        #expect(Self.steps(.onlooker, [.consumerFailed(DiskFull())]) == [.end(status: 1, stopping: false)])
        #expect(SessionEnding.looked.lines.isEmpty)
    }

    @Test("An error of the consumer ends the command with it")
    func consumerFailed() {
        #expect(Self.steps(.owner, [.consumerFailed(DiskFull())]) == [.end(status: 1, stopping: false)])
        #expect(SessionEnding.failed(DiskFull()).lines == ["error: no space"])
    }

    @Test("Whoever watches another's session leaves it running")
    func watcher() {
        #expect(Self.steps(.watcher, [.interrupted]) == [.end(status: 0, stopping: false)])
        #expect(SessionEnding.left.lines == ["no longer watching; the session goes on"])
        #expect(
            Self.steps(.watcher, [.consumed(Verdict(problems: ["x"]))]) == [.end(status: 1, stopping: false)])
    }

    @Test("Twenty problems are printed, and how many more there are")
    func manyProblems() {
        let few = Verdict(problems: (1...20).map { "p\($0)" })
        #expect(few.lines.count == 20 && few.lines.last == "problem: p20")
        let many = Verdict(problems: (1...23).map { "p\($0)" })
        #expect(many.lines.count == 21 && many.lines.last == "problem: and 3 more")
        #expect(Verdict().lines.isEmpty && Verdict().isGood)
    }

    @Test("Without a connection Ctrl-C waits for none: what has come is consumed, and a second one ends it")
    func interruptWithoutConnection() {
        #expect(
            Self.steps(.owner, [.connectionLost, .interrupted, .consumed(Verdict(problems: ["lost"]))])
                == [.wait, .cutOff, .end(status: 1, stopping: false)])
        #expect(
            Self.steps(.owner, [.interrupted, .connectionLost, .interrupted, .interrupted])
                == [.stop, .wait, .cutOff, .end(status: 1, stopping: false)])
        #expect(Self.steps(.owner, [.connectionLost, .connectionReturned, .interrupted]) == [.wait, .wait, .stop])
        #expect(Self.steps(.watcher, [.connectionLost, .interrupted]) == [.wait, .end(status: 0, stopping: false)])
        #expect(Self.steps(.onlooker, [.connectionLost, .interrupted]) == [.wait, .end(status: 0, stopping: true)])
        #expect(Self.steps(.owner, [.connectionLost, .timeIsUp]) == [.wait, .stop])
    }

    @Test("A copy is ended where it is, and its session goes on")
    func copier() {
        #expect(
            Self.steps(.copier, [.outputClosed, .interrupted, .consumed(Verdict(problems: ["interrupted"]))])
                == [.wait, .cutOff, .end(status: 1, stopping: false)])
        #expect(Self.steps(.copier, [.consumed(Verdict())]) == [.end(status: 0, stopping: false)])
    }
}
