import Logging
import NIOCore
import SystemFacts
import TraceProtocol
import Tracefs

/// Carries out what counts need from the kernel, on the control thread.
final class CountingControl: SessionKernel {
    private let agentLoop: any EventLoop
    private let loop: any EventLoop
    private let root: TracefsRoot
    private let node: String
    private let policy: Policy
    private let readers: [Int: CPUReader]
    private let sessions: NIOLoopBoundBox<[UInt64: CountingSession]>
    private let log: Logger

    /// Between asking a source to bring itself up to date and reading it; ns.
    private static let refreshTime: Int64 = 3_000_000

    /// - Parameters:
    ///   - readers: the threads that read the CPUs' buffers.
    ///   - loop: the control thread.
    init(
        root: TracefsRoot, node: String, policy: Policy, readers: [Int: CPUReader], agentLoop: any EventLoop,
        loop: any EventLoop, log: Logger
    ) {
        self.root = root
        self.node = node
        self.policy = policy
        self.readers = readers
        self.agentLoop = agentLoop
        self.loop = loop
        self.log = log
        sessions = NIOLoopBoundBox.makeBoxSendingValue([:], eventLoop: loop)
    }

    /// - Parameters:
    ///   - send: puts a frame on the connection if it takes it now.
    ///   - onDrained: called when the count is over and its totals are final.
    func prepare(
        _ order: WirePrepare, session: UInt64, stream: SessionStream, send: @escaping @Sendable (Frame) -> Void,
        onDrained: @escaping @Sendable () -> Void
    ) -> EventLoopFuture<WirePrepared> {
        onControlThread { [self] sessions in
            let source = try source(order, session, onDrained)
            let counting = CountingSession(
                session, source: source, stream: stream, intervalMilliseconds: order.count.intervalMs, send: send)
            sessions[session] = counting
            var prepared = WirePrepared()
            prepared.count = source.plan
            prepared.cpus = UInt32(try CPUList.online().cpus.count)
            prepared.events = source.events.map { WireEventName($0) }
            prepared.notes = source.notes
            return prepared
        }
    }

    private func source(
        _ order: WirePrepare, _ session: UInt64, _ onDrained: @escaping @Sendable () -> Void
    ) throws(WireRefusal) -> any CountSource {
        if let problem = order.count.problem { throw WireRefusal(.unsupported, problem) }
        guard order.count.needsTables else {
            return try PerfCount(
                order, session: session, node: node, root: root, policy: policy, onDrained: onDrained)
        }
        do {
            return order.count.hasLatency
                ? try HistLatency(
                    order, session: session, node: node, root: root, policy: policy, onDrained: onDrained)
                : try HistCount(
                    order, session: session, node: node, root: root, policy: policy, onDrained: onDrained)
        } catch let declined as KernelDeclined {
            return try DecodedCount(
                order, session: session, node: node, root: root, policy: policy, readers: readers,
                remark: declined.description, onDrained: onDrained)
        } catch let refusal as WireRefusal {
            throw refusal
        } catch {
            throw WireRefusal(error)
        }
    }

    func start(_ session: UInt64, at moment: Int64) -> EventLoopFuture<WireStarted> {
        guard !Moment.isTooFar(moment, now: MonotonicRawClock.now()) else {
            return agentLoop.makeFailedFuture(WireRefusal(.wrongState, "the start lies more than two minutes ahead"))
        }
        return at(moment) { [self] sessions in
            let counting = try Self.find(session, sessions)
            let started = try counting.start(at: moment)
            schedule(session, after: 0, counting)
            return started
        }
    }

    func stop(_ session: UInt64, at moment: Int64) -> EventLoopFuture<WireStopping> {
        // What was ordered for much later is stopped all the same.
        let moment = Moment.isTooFar(moment, now: MonotonicRawClock.now()) ? 0 : moment
        return at(moment) { sessions in try Self.find(session, sessions).stop(at: moment) }
    }

    func finish(_ session: UInt64, reason: String) -> EventLoopFuture<Void> {
        onControlThread { [self] sessions in
            guard let counting = sessions.removeValue(forKey: session) else { return }
            var finish = WireFinish()
            finish.reason = reason
            finish.counts = try counting.totals(number: 0)
            counting.stream.append(try .numbered(.finish, finish))
            try remove(counting)
        }
    }

    func remove(_ session: UInt64) -> EventLoopFuture<Void> {
        onControlThread { [self] sessions in
            guard let counting = sessions.removeValue(forKey: session) else { return }
            try remove(counting)
        }
    }

    /// Removes everything; for the agent's own end.
    func shutDown() -> EventLoopFuture<Void> {
        onControlThread { [self] sessions in
            for counting in sessions.values {
                do {
                    try remove(counting, inBackground: false)
                } catch {
                    log.error("a count left something behind", metadata: ["reason": "\(error)"])
                }
            }
            sessions.removeAll()
        }
    }

    private func remove(_ counting: CountingSession, inBackground: Bool = true) throws {
        counting.sampler?.cancel()
        try counting.source.remove(inBackground: inBackground)
    }

    /// Threads of Fleetrace's own come and go.
    ///
    /// - Parameter excludedProcesses: other Fleetrace processes on this machine, if they have changed.
    func refreshThreads(_ excludedProcesses: [Int32]? = nil) -> EventLoopFuture<Void> {
        onControlThread { sessions in
            for counting in sessions.values { try counting.source.refreshThreads(excludedProcesses) }
        }
    }

    // MARK: Reading

    private func schedule(_ session: UInt64, after number: UInt64, _ counting: CountingSession) {
        let next = counting.nextSample(after: number, now: Int64(MonotonicRawClock.now()))
        counting.sampler = loop.scheduleTask(in: .nanoseconds(max(0, next.delay - Self.refreshTime))) { [self] in
            guard let counting = sessions.value[session], counting.stopped == nil else { return }
            do {
                try counting.source.refresh()
            } catch {
                log.warning("a count cannot be brought up to date", metadata: ["reason": "\(error)"])
            }
            counting.sampler = loop.scheduleTask(in: .nanoseconds(min(next.delay, Self.refreshTime))) { [self] in
                read(session, number: next.number)
            }
        }
    }

    private func read(_ session: UInt64, number: UInt64) {
        guard let counting = sessions.value[session], counting.stopped == nil else { return }
        do {
            counting.send(try Frame(.counts, try counting.totals(number: number)))
        } catch {
            log.warning("a count could not be read", metadata: ["reason": "\(error)"])
        }
        schedule(session, after: number, counting)
    }

    // MARK: -

    private static func find(_ session: UInt64, _ sessions: [UInt64: CountingSession]) throws -> CountingSession {
        guard let counting = sessions[session] else {
            throw WireRefusal(.noSuchSession, "this node has no such session")
        }
        return counting
    }

    private func at<T: Sendable>(
        _ moment: Int64, _ work: @escaping @Sendable (inout [UInt64: CountingSession]) throws -> T
    ) -> EventLoopFuture<T> {
        loop.scheduleTask(in: Moment.delay(until: moment, now: MonotonicRawClock.now())) { [sessions] in
            try sessions.withValue { try work(&$0) }
        }.futureResult.hop(to: agentLoop)
    }

    private func onControlThread<T: Sendable>(
        _ work: @escaping @Sendable (inout [UInt64: CountingSession]) throws -> T
    ) -> EventLoopFuture<T> {
        loop.submit { [sessions] in
            try sessions.withValue { try work(&$0) }
        }.hop(to: agentLoop)
    }
}
