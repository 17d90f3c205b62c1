import Guarding
import Logging
import NIOCore
import NIOPosix
import Quotas
import RecentLog
import SecureTransport
import Synchronization
import SystemFacts
import TraceProtocol
import Tracefs

/// One agent process: checks the node, connects, and connects again until it is cancelled.
public struct AgentRuntime: Sendable {
    let configuration: AgentConfiguration
    private let tls: TLSContext
    let guardian: GuardProcess
    let log: Logger
    /// Not among the recent lines, which everybody reads who may look at a node.
    private let auditLog: Logger
    private let recent = RecentLog()
    private let ending = Ending()

    /// How it ends when it is cancelled.
    private final class Ending: Sendable {
        let isHandover = Atomic<Bool>(false)
    }

    /// - Parameter guardian: removes what this agent has made in the kernel when it is killed.
    public init(configuration: AgentConfiguration, tls: TLSContext, guardian: GuardProcess, log: Logger) {
        self.configuration = configuration
        self.tls = tls
        self.guardian = guardian
        auditLog = log
        self.log = recent.following(log)
    }

    /// From now on, when it is cancelled, it leaves its sessions to a successor, if it has a journal for one.
    public func handOver() { ending.isHandover.store(true, ordering: .releasing) }

    /// Runs until the task is cancelled, then removes everything this agent made in the kernel, or leaves it to a successor.
    ///
    /// - Returns: whether it has left something to one.
    /// - Throws: what makes this node unusable from the start: no tracefs, no permission, a clock that user space
    ///   reads differently from the kernel.
    @discardableResult
    public func run() async throws -> Bool {
        let root = try TracefsRoot.locate(mountIfNeeded: true)
        let node = tls.identity.identity.name
        let marker = try checkClock(root, node: node)
        OpenFileLimit.raise()
        if configuration.policy.count > 0 {
            log.notice(
                "policy",
                metadata: [
                    "file": "\(configuration.policy.file)", "rules": "\(configuration.policy.count)",
                ])
        }
        let facts = try WireHostFacts.ofThisProcess()
        let journal = try journal(node: node, facts)

        // The connection, the kernel's control files, lists that take long to make: each on a thread of its own.
        let spool = try spoolFolder(node: node, facts)
        let group = MultiThreadedEventLoopGroup(
            numberOfThreads: 3 + NodeSessions.makerCount + (spool == nil ? 0 : 1))
        let isLeft: Bool
        do {
            isLeft = try await run(
                root: root, node: node, facts: facts, marker: marker, journal: journal, spool: spool, group: group)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
        return isLeft
    }

    private func run(
        root: TracefsRoot, node: String, facts: WireHostFacts, marker: MarkerFunction?, journal: StateJournal?,
        spool folder: SpoolFolder?, group: MultiThreadedEventLoopGroup
    ) async throws -> Bool {
        let grace = SuccessionGrace(journal == nil ? .zero : Agent.defaultLease)
        let (loop, controlLoop) = (group.next(), group.next())
        let control = ControlThread(loop: controlLoop, agentLoop: loop)
        // What is read between the ring and the spool is a successor's, too.
        let reads = try folder.flatMap { _ in try journal.map { try ReadBuffers(in: $0.folder.path, log: log) } }
        let tracefs = NodeTracefs(
            root: root, node: node, policy: configuration.policy, guardian: guardian,
            symbols: PackedSymbols(marker: marker), memory: RingMemory(part: configuration.budget.memoryPart),
            grace: grace, longestLease: configuration.budget.sessionLease, reads: reads)
        let kernel = NodeSessions(
            TracefsKernel(
                tracefs: tracefs, facts: facts,
                readers: try CPUReaders(reads, interval: configuration.readInterval, log: log),
                thread: control, log: log),
            thread: control,
            makers: (0..<NodeSessions.makerCount).map { _ in ControlThread(loop: group.next(), agentLoop: loop) },
            journal: journal, log: log)
        let spool = folder.map {
            AgentSpool(folder: $0, thread: ControlThread(loop: group.next(), agentLoop: loop), log: log)
        }
        let inventoryThread = ControlThread(loop: group.next(), agentLoop: loop)
        let ticks = RecordingTicks(loop: loop, interval: configuration.readInterval)
        let agent = Agent(
            loop: loop, configuration: configuration, kernel: kernel,
            inventory: TracefsInventory(tracefs, thread: inventoryThread, budget: configuration.budget),
            facts: facts, spool: spool, grace: grace, ticks: ticks, log: log, recent: recent,
            auditLog: auditLog)
        await pauseInCrashLoop(journal)
        dismissGuards(journal, node: node)
        try await agent.takeOver().get()
        let kept = Set(await agent.sessions.keys)
        spool?.removeLeftovers(except: kept)
        reads?.removeLeftovers(except: kept)
        try removeStale(root)
        kernel.removeStaleProbes(isExpected: true).whenFailure { [log] in
            log.warning("probes of an earlier agent may be left in the kernel", metadata: ["reason": "\($0)"])
        }
        let slowTick = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            agent.assumeIsolated { $0.slowTick() }
        }
        let vitals = loop.scheduleRepeatedTask(initialDelay: Self.vitalsInterval, delay: Self.vitalsInterval) { _ in
            agent.assumeIsolated { $0.sendVitals() }
        }
        let progress = loop.scheduleRepeatedTask(
            initialDelay: Self.progressInterval, delay: Self.progressInterval
        ) { _ in
            agent.assumeIsolated { $0.sendProgress() }
        }
        let guardWatch = GuardWatch(guardian: guardian, journal: journal, log: log).start(on: controlLoop)
        let ending = self.ending
        let handsOver: @Sendable () -> Bool = { journal != nil && ending.isHandover.load(ordering: .acquiring) }
        await withTaskCancellationHandler {
            await connectUntilCancelled(agent, loop: loop)
        } onCancel: {
            Task {
                if handsOver() {
                    try? await agent.stopReading(within: Self.handover).get()
                } else {
                    try? await agent.finishSessions(within: Self.farewell).get()
                }
                await agent.closeConnection()
            }
        }
        loop.execute { ticks.end() }
        slowTick.cancel()
        vitals.cancel()
        progress.cancel()
        guardWatch.cancel()
        if handsOver() {
            try await agent.stopReading(within: .zero).get()
            try await agent.leave().get()
        } else {
            try await agent.shutDown().get()
        }
        reads?.end()
        // Its results go to the agent's event loop, which is about to end.
        try await inventoryThread.run {}.get()
        return handsOver()
    }

    /// What is not delivered by then is stored: the ring buffers hold what comes meanwhile.
    private static let handover = TimeAmount.seconds(2)
    private static let lastingConnection = Duration.seconds(10)
    static let shortestPause = Duration.milliseconds(250)
    static let longestPause = Duration.seconds(15)
    /// The controller waits a little longer for a node whose events it misses.
    private static let longestPauseWithSessions = Duration.seconds(3)
    private static let vitalsInterval = TimeAmount.seconds(5)
    private static let progressInterval = TimeAmount.milliseconds(500)
    private static let farewell = TimeAmount.seconds(5)

    private func connectUntilCancelled(_ agent: Agent, loop: any EventLoop) async {
        var backoff = Backoff(shortest: Self.shortestPause, longest: Self.longestPause)
        var generator = SystemRandomNumberGenerator()
        while !Task.isCancelled {
            let begin = MonotonicRawInstant.now
            let reason = await connectOnce(agent, loop: loop)
            guard !Task.isCancelled else { return }
            // A connection that is ended soon after it was accepted does not show that the next one will last: two
            // agents with one certificate replace each other for ever.
            if await agent.wasAccepted, begin.duration(to: .now) > Self.lastingConnection { backoff.reset() }
            let longest = await agent.sessions.isEmpty ? Self.longestPause : Self.longestPauseWithSessions
            let pause = min(backoff.next(using: &generator), longest)
            log.warning(
                "not connected to the controller",
                metadata: [
                    "controller": "\(configuration.host):\(configuration.port)",
                    "reason": "\(ConnectionFailure.reason(reason))",
                    "again_in_ms": "\(pause.wholeMilliseconds)",
                ])
            try? await Task.sleep(for: pause)
        }
    }

    /// Connects, serves until the connection ends, and returns why it did.
    private func connectOnce(_ agent: Agent, loop: any EventLoop) async -> any Error {
        do {
            let channel = try await ClientBootstrap(group: loop)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                // What waits unsent in the kernel is small, so that a clock reply does not wait for megabytes of events
                // (TCP_NOTSENT_LOWAT, tcp(7)).
                .channelOption(.tcpOption(.init(rawValue: 25)), value: 128 << 10)
                .channelOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
                .connectTimeout(.seconds(10))
                .channelInitializer { [tls] channel in
                    channel.eventLoop.makeCompletedFuture {
                        try SecureTransport.addClient(to: channel, tls)
                        let pipeline = channel.pipeline.syncOperations
                        try pipeline.addHandler(ByteToMessageHandler(FrameDecoder(accepting: .toAgent)))
                        try pipeline.addHandler(FrameWriter())
                        try pipeline.addHandler(Uplink(agent: agent))
                    }
                }
                .connect(host: configuration.host, port: configuration.port).get()
            if Task.isCancelled { channel.close(promise: nil) }
            let reason = await agent.disconnection()
            return reason ?? ConnectionClosed()
        } catch {
            return error
        }
    }

    /// The kernel's stamps and this process's CLOCK_MONOTONIC_RAW must be one clock; in a time namespace they differ
    /// (time_namespaces(7)).
    ///
    /// - Returns: what the check's markers state beside their times, if that can be read.
    private func checkClock(_ root: TracefsRoot, node: String) throws -> MarkerFunction? {
        let name = "\(InstanceName.prefix)\(node)-clock-\(TaskList.currentProcess())"
        guardian.hold(name)
        let instance = try TraceInstance.create(in: root, name: name)
        let check = try TraceClockCheck.run(in: instance)
        let marker = try? MarkerFunction.read(in: instance)
        do {
            try instance.remove()
            guardian.release(name)
        } catch {
            // Somebody looks into all instances, as another agent does that starts. That is no reason to do without this node.
            log.warning(
                "the clock check's trace instance stays until this agent ends",
                metadata: ["name": "\(name)", "reason": "\(error)"])
        }
        guard case .agrees = check else { throw ClockMismatch(check: check) }
        return marker
    }
}
