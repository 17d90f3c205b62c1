import Glibc
import Synchronization
import Testing
import UnixSignals

@testable import OperatorClient

/// What a signal does to a command, without a process that ends.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct InterruptTests {
    /// Waits for one of the requests and the end that the signals have caused.
    private enum Effect: Equatable {
        case request, act, exit
    }

    private static func start(_ signals: [UnixSignal]) throws -> (Interrupts, AsyncStream<Effect>.AsyncIterator) {
        let (effects, continuation) = AsyncStream<Effect>.makeStream()
        let escalation = SignalEscalation(patience: .milliseconds(50), echo: .zero)
        let interrupts = try Interrupts(signals, escalation: escalation) {
            continuation.yield(.exit)
            continuation.finish()
        }
        interrupts.atForcedEnd { continuation.yield(.act) }
        interrupts.forward { continuation.yield(.request) }
        return (interrupts, effects.makeAsyncIterator())
    }

    @Test("One signal asks for the end, the second leaves a second, the third ends it at once")
    func escalation() {
        let start = ContinuousClock.now
        var escalation = SignalEscalation()
        #expect(!escalation.hasBegun && escalation.deadline == nil)
        #expect(escalation.signal(at: start) == .end)
        #expect(escalation.deadline == nil)
        #expect(escalation.signal(at: start + .seconds(5)) == .hurry)
        #expect(escalation.deadline == start + .seconds(6))
        #expect(escalation.signal(at: start + .milliseconds(5_100)) == .exit)
    }

    @Test("timeout(1) signals its child and the child's group: that is one request")
    func echo() {
        let start = ContinuousClock.now
        var escalation = SignalEscalation()
        #expect(escalation.signal(at: start) == .end)
        #expect(escalation.signal(at: start + .microseconds(300)) == .ignore)
        #expect(escalation.signal(at: start + .milliseconds(100)) == .hurry)
    }

    @Test("A request to end reaches who listens, also one who listens later, and ends a wait at once")
    func request() async throws {
        let (interrupts, stream) = try Self.start([.sigusr1])
        var effects = stream
        #expect(!interrupts.hasBegun)
        let race = Task { try await interrupts.race { try await Task.sleep(for: .seconds(3600)) } }
        kill(getpid(), SIGUSR1)
        #expect(await effects.next() == .request)
        #expect(interrupts.hasBegun)
        await #expect(throws: Interrupted.self) { try await race.value }
        // What begins later does not begin at all.
        await #expect(throws: Interrupted.self) {
            try await interrupts.race { try await Task.sleep(for: .seconds(3600)) }
        }
        let late = Mutex(0)
        interrupts.forward { late.withLock { $0 += 1 } }
        #expect(late.withLock { $0 } == 1)
    }

    @Test("A command that is not over some time after the second signal is ended, after its last acts")
    func forced() async throws {
        let (_, stream) = try Self.start([.sigusr1])
        var effects = stream
        kill(getpid(), SIGUSR1)
        #expect(await effects.next() == .request)
        kill(getpid(), SIGUSR1)
        #expect(await effects.next() == .request)
        #expect(await effects.next() == .act)
        #expect(await effects.next() == .exit)
    }

    @Test("The result of what was waited for comes through, and its error")
    func race() async throws {
        let (interrupts, _) = try Self.start([.sigusr2])
        #expect(try await interrupts.race { 7 } == 7)
        await #expect(throws: ClientError.self) { try await interrupts.race { throw ClientError.closed } }
    }
}
