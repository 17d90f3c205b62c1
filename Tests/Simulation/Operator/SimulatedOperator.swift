import NIOCore
import TestSupport
import TraceProtocol

@testable import OperatorClient

/// An operator's command as one process: it opens a session, reads it, stops it after a time, and says how it was.
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
    private let loop: SimulatedLoop
    private let fleet: FleetRun
    private let schedule: Schedule
    private let link: Int
    private let queue = LogQueue()
    private var handler: ClientHandler?
    private var channel: SimulatedChannel?
    private var state = OperatorSessionState(.owner)
    private(set) var outcome = Outcome.none
    /// Something has come since the queue was looked at, which takes a system call.
    private var hasNews = false
    /// When its session ran, ns; nil before.
    private(set) var openedAt: Int64?
    private(set) var reading: SessionReading?

    init(_ schedule: Schedule, link: Int, fleet: FleetRun) {
        self.schedule = schedule
        self.link = link
        self.fleet = fleet
        process = SimulatedProcess("operator", in: fleet.world)
        loop = SimulatedLoop(process, 900)
        process.whenDead { [weak self] in
            guard let self, case .none = outcome else { return }
            outcome = .died
        }
    }

    private var world: World { process.world }

    func start() {
        fleet.dial(from: link, loop) { [self] channel in
            guard let channel else { return outcome = .refused("no connection") }
            self.channel = channel
            do { try begin(on: channel) } catch { preconditionFailure("\(error)") }
        }
    }

    private func begin(on channel: SimulatedChannel) throws {
        let accepted = loop.makePromise(of: ClientHandler.Accepted.self)
        var hello = WireHello()
        hello.versions = Negotiation.versions
        hello.capabilities = Negotiation.capabilities
        let handler = ClientHandler(hello: try Frame(.hello, hello), accepted: accepted, queue: queue)
        self.handler = handler
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(ByteToMessageHandler(FrameDecoder(accepting: .toOperator)))
        try pipeline.addHandler(FrameWriter())
        try pipeline.addHandler(
            FrameTampering(schedule.bug) { [self] in
                if $1 == .fromController { hasNews = true }
                fleet.saw($0, $1, link: "operator")
            })
        channel.closeFuture.assumeIsolated().whenComplete { [self] _ in hasNews = true }
        try pipeline.addHandler(handler)
        handler.begin(try pipeline.context(handler: handler))
        channel.open()
        // It does not come back to its session.
        handler.whenEnded { [queue] error in queue.put(.disconnected("\(error)")) }
        accepted.futureResult.assumeIsolated().whenComplete { [self] result in
            if case .failure(let error) = result { return finish(.refused("\(error)")) }
            open()
        }
    }

    private func open() {
        var open = WireOpenSession()
        open.events = ["sched"]
        open.keep = schedule.keep
        open.partial = schedule.partial
        request(.openSession(open)) { [self] result in
            switch result {
            case .success(.opened(let opened)) where opened.started: began(opened)
            case .success(let reply): finish(.refused("\(reply)"))
            case .failure(let error): finish(.refused("\(error)"))
            }
        }
    }

    private func began(_ opened: WireSessionOpened) {
        world.story?.add(process.name, "session opened")
        let reading = SessionReading(opened.sessionDescription)
        self.reading = reading
        openedAt = world.now
        loop.perform(at: world.now + schedule.length) { [self] in handle(.timeIsUp) }
        consume(reading)
    }

    private func request(
        _ verb: WireRequest.OneOf_Verb, _ then: @escaping (Result<WireReply.OneOf_Outcome, any Error>) -> Void
    ) {
        let promise = loop.makePromise(of: WireReply.OneOf_Outcome.self)
        promise.futureResult.assumeIsolated().whenComplete(then)
        handler?.request(verb, promise)
    }

    /// As the thread of `LogQueue.feed` does, again and again.
    private func consume(_ reading: SessionReading) {
        guard case .none = outcome else { return }
        for item in hasNews ? queue.removeAll(waiting: .zero) : [] {
            switch item {
            case .chunk(let chunk): reading.append(chunk)
            case .counts, .suspended, .resumed: break
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

    private func stop() {
        guard let reading else { return }
        world.story?.add(process.name, "stops the session")
        var stop = WireStopSession()
        stop.session = reading.session
        request(.stopSession(stop)) { _ in }
    }

    private func finish(_ outcome: Outcome) {
        guard case .none = self.outcome else { return }
        self.outcome = outcome
        world.story?.add(process.name, "ends: \(outcome)")
        guard let channel else { return }
        // As `ControllerClient` does when a command has ended.
        if let goodbye = try? Frame(.goodbye, WireGoodbye(.shuttingDown, "the command has ended")) {
            channel.writeAndFlush(goodbye, promise: nil)
        }
        channel.close(promise: nil)
    }

    var isAtWork: Bool { if case .none = outcome { true } else { false } }
}
