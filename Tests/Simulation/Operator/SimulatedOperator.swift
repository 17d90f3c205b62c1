import NIOCore
import TestSupport
import TraceProtocol

@testable import OperatorClient

/// An operator's command as one process: it opens a session, reads it, stops it after a time, and says how it was. When its
/// connection breaks it opens another one, and reads on.
final class SimulatedOperator: @unchecked Sendable {
    enum Outcome {
        /// It is still at work.
        case none
        /// It could not open its session.
        case refused(String)
        case ended(SessionReading)
        case died
    }

    let process: SimulatedProcess
    let loop: SimulatedLoop
    let fleet: FleetRun
    let schedule: Schedule
    let queue = LogQueue()
    /// The present connection, or the last one.
    var connection: OperatorConnection?
    /// Where its session goes on when the connection breaks; nil before there is one.
    var reattachment: Reattachment?
    var generator: SplitMix64
    private var state = OperatorSessionState(.owner)
    private(set) var isStopping = false
    private(set) var outcome = Outcome.none
    /// Something has come since the queue was looked at, which takes a system call.
    var hasNews = false
    /// When its session ran, ns; nil before.
    private(set) var openedAt: Int64?
    private(set) var reading: SessionReading?

    init(_ schedule: Schedule, fleet: FleetRun) {
        self.schedule = schedule
        self.fleet = fleet
        process = SimulatedProcess("operator", in: fleet.world)
        loop = SimulatedLoop(process, 900)
        generator = fleet.world.generator("operator")
        process.whenDead { [weak self] in
            guard let self, case .none = outcome else { return }
            outcome = .died
        }
    }

    var world: World { process.world }

    func start() {
        dial { [self] result in
            switch result {
            case .success(let connection):
                self.connection = connection
                open(on: connection)
            case .failure(let error): finish(.refused("\(error)"))
            }
        }
    }

    private func open(on connection: OperatorConnection) {
        var open = WireOpenSession()
        open.events = ["sched"]
        open.keep = schedule.keep
        open.partial = schedule.partial
        connection.request(.openSession(open)) { [self] result in
            switch result {
            case .success(.opened(let opened)) where opened.started: began(opened, on: connection)
            case .success(let reply): finish(.refused("\(reply)"))
            case .failure(let error): finish(.refused("\(error)"))
            }
        }
    }

    private func began(_ opened: WireSessionOpened, on connection: OperatorConnection) {
        world.story?.add(process.name, "session opened")
        let reading = SessionReading(opened.sessionDescription)
        self.reading = reading
        openedAt = world.now
        reattachment = Reattachment(lease: .milliseconds(connection.welcome.leaseMs))
        watch(connection)
        loop.perform(at: world.now + schedule.length) { [self] in handle(.timeIsUp) }
        consume(reading)
    }

    /// As the thread of `LogQueue.feed` does, again and again.
    private func consume(_ reading: SessionReading) {
        guard case .none = outcome else { return }
        for item in hasNews ? queue.removeAll(waiting: .zero) : [] {
            switch item {
            case .chunk(let chunk): reading.append(chunk)
            case .counts: break
            case .suspended: handle(.connectionLost)
            case .resumed: handle(.connectionReturned)
            case .end(let problem): return consumed(reading, problem)
            case .disconnected(let reason):
                return consumed(reading, "the connection to the controller was lost: \(reason)")
            }
        }
        hasNews = false
        loop.perform(at: world.now + world.interval(20 * .millisecond)) { [self] in consume(reading) }
    }

    private func consumed(_ reading: SessionReading, _ problem: String) {
        reading.finish(problem: problem)
        handle(.consumed(Verdict(problems: reading.account.problems)))
    }

    private func handle(_ event: OperatorSessionState.Event) {
        guard case .none = outcome else { return }
        world.isBusy()
        switch state.handle(event) {
        case .wait, .cutOff: break
        case .stop: stop()
        case .end(_, let stopping):
            if stopping { stop() }
            if let reading { finish(.ended(reading)) }
        }
    }

    /// A connection that is being opened again is told when it is there.
    private func stop() {
        isStopping = true
        if let reading { connection?.stop(reading.session) }
    }

    private func finish(_ outcome: Outcome) {
        guard case .none = self.outcome else { return }
        self.outcome = outcome
        world.story?.add(process.name, "ends: \(outcome)")
        connection?.leave()
    }

    var isAtWork: Bool { if case .none = outcome { true } else { false } }
}
