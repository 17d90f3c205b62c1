import Logging
import NIOCore
import Synchronization
import SystemFacts
import TraceProtocol
import Tracefs

/// Carries out what sessions need from the kernel, on a thread of its own because the kernel may take its time
/// (enabling all events takes seconds). Owns the tracefs instances and the reading threads.
///
/// Methods are called from the agent's event loop; results come back on it.
final class SessionControl: SessionKernel {
    private let agentLoop: any EventLoop
    private let loop: any EventLoop
    private let root: TracefsRoot
    private let node: String
    private let policy: Policy
    private let facts: WireHostFacts
    let readers: [Int: CPUReader]
    private let codec = Atomic<UInt8>(BatchCodec.deflate.rawValue)
    private let kernelSide: NIOLoopBoundBox<KernelSide>
    private let log: Logger

    /// What only the control thread touches.
    private struct KernelSide {
        var sessions: [UInt64: Entry] = [:]
        /// Probes of sessions that are over may still be in the kernel.
        var hasStaleProbes = false

        struct Entry {
            var tracing: TracingSession
            var stream: SessionStream
            var names = TaskNames()
            var eventsSeen: UInt64 = 0
        }
    }

    init(
        root: TracefsRoot, node: String, policy: Policy, facts: WireHostFacts, agentLoop: any EventLoop,
        loop: any EventLoop, log: Logger
    ) throws {
        self.root = root
        self.node = node
        self.policy = policy
        self.facts = facts
        self.agentLoop = agentLoop
        self.loop = loop
        self.log = log
        readers = try Dictionary(
            uniqueKeysWithValues: CPUList.possible().cpus.map { ($0, try CPUReader(cpu: $0, log: log)) })
        kernelSide = NIOLoopBoundBox.makeBoxSendingValue(KernelSide(), eventLoop: loop)
    }

    /// Codec of the batches from now on; the connection's two sides have agreed on it.
    func use(_ codec: BatchCodec) {
        self.codec.store(codec.rawValue, ordering: .relaxed)
    }

    private var currentCodec: BatchCodec {
        BatchCodec(rawValue: codec.load(ordering: .relaxed)) ?? .deflate
    }

    // MARK: Orders

    func prepare(
        _ order: WirePrepare, session: UInt64, stream: SessionStream, onDrained: @escaping @Sendable () -> Void
    ) -> EventLoopFuture<WirePrepared> {
        onControlThread { [self] side in
            let tracing = try TracingSession.prepare(
                order, session: session, node: node, root: root, policy: policy, onDrained: onDrained
            ) { _, layout in
                StreamSink(stream: stream, layout: layout, codec: { [weak self] in self?.currentCodec ?? .deflate })
            }
            do {
                var entry = KernelSide.Entry(tracing: tracing, stream: stream)
                var metadata = try MetadataCollector(root: root).initial(for: tracing, facts: facts)
                let names = try TaskList.commsOfAll().merging(root.savedCmdlines()) { $1 }
                metadata.comms = entry.names.news(in: names)
                stream.append(try .numbered(.metadata, metadata))
                side.sessions[session] = entry
                tracing.attach(to: readers)
                return tracing.answer()
            } catch {
                try? tracing.remove()
                throw error
            }
        }
    }

    func start(_ session: UInt64, at moment: Int64) -> EventLoopFuture<WireStarted> {
        guard !Moment.isTooFar(moment, now: MonotonicRawClock.now()) else {
            return agentLoop.makeFailedFuture(WireRefusal(.wrongState, "the start lies more than two minutes ahead"))
        }
        return at(moment) { side in try Self.entry(session, side).tracing.start(at: moment) }
    }

    func stop(_ session: UInt64, at moment: Int64) -> EventLoopFuture<WireStopping> {
        // What was ordered for much later is stopped all the same.
        let moment = Moment.isTooFar(moment, now: MonotonicRawClock.now()) ? 0 : moment
        return at(moment) { [self] side in
            let tracing = try Self.entry(session, side).tracing
            Moment.wait(for: moment)
            return try tracing.stop(readers: readers)
        }
    }

    private func at<T: Sendable>(
        _ moment: Int64, _ work: @escaping @Sendable (inout KernelSide) throws -> T
    ) -> EventLoopFuture<T> {
        loop.scheduleTask(in: Moment.delay(until: moment, now: MonotonicRawClock.now())) { [kernelSide] in
            try kernelSide.withValue { try work(&$0) }
        }.futureResult.hop(to: agentLoop)
    }

    /// Ends a drained session: the last task names and the totals go into its stream, the instance goes.
    func finish(_ session: UInt64, reason: String) -> EventLoopFuture<Void> {
        onControlThread { [self] side in
            guard var entry = side.sessions.removeValue(forKey: session) else { return }
            tellNames(&entry)
            entry.stream.append(try .numbered(.finish, entry.tracing.totals(reason: reason)))
            try Self.remove(entry.tracing, &side)
        }
    }

    func remove(_ session: UInt64) -> EventLoopFuture<Void> {
        onControlThread { side in
            if let entry = side.sessions.removeValue(forKey: session) { try Self.remove(entry.tracing, &side) }
        }
    }

    private static func remove(_ tracing: TracingSession, _ side: inout KernelSide) throws {
        do {
            try tracing.remove()
        } catch {
            side.hasStaleProbes = true
            throw error
        }
    }

    func excludedProcesses(_ pids: [Int32]) -> EventLoopFuture<Void> {
        onControlThread { side in
            for entry in side.sessions.values { try entry.tracing.refreshExcludedProcesses(pids) }
        }
    }

    /// Looks after every session: new task names first, then, on the agent's loop, the watermarks that were
    /// taken before the names were read. So a name is never behind its task's events for want of telling.
    func tick() -> EventLoopFuture<[(session: UInt64, marks: [Watermark.Entry], after: UInt64)]> {
        onControlThread { [self] side in
            var result: [(session: UInt64, marks: [Watermark.Entry], after: UInt64)] = []
            // In place: a copy of an entry would copy its table of names.
            for index in side.sessions.indices {
                let marks = side.sessions.values[index].tracing.watermarks()
                lookAfterNames(&side.sessions.values[index])
                guard let marks else { continue }
                result.append((side.sessions.keys[index], marks, side.sessions.values[index].stream.lastSequence))
            }
            return result
        }
    }

    /// What the sessions that record have counted so far.
    func states() -> EventLoopFuture<[WireSessionState]> {
        onControlThread { side in side.sessions.values.map { $0.tracing.state() } }
    }

    /// Threads come and go; brings the lists of untraced ones up to date.
    func refreshThreads() -> EventLoopFuture<Void> {
        onControlThread { side in
            for entry in side.sessions.values { try entry.tracing.refreshExcludedProcesses() }
        }
    }

    /// Removes probes of sessions that are over, of this agent or one before it: those that somebody else had enabled
    /// could not be removed then.
    ///
    /// - Parameter isExpected: look even though nothing is known to be left.
    func removeStaleProbes(isExpected: Bool = false) -> EventLoopFuture<Void> {
        onControlThread { [root, log] side in
            guard side.hasStaleProbes || isExpected else { return }
            let removals = try StaleProbes.remove(in: root)
            side.hasStaleProbes = removals.contains { $0.failure != nil }
            for removal in removals where removal.failure == nil || isExpected {
                log.notice(
                    "probe of a session that is over",
                    metadata: [
                        "probe": "\(removal.event)", "outcome": "\(removal.failure.map { "\($0)" } ?? "removed")",
                    ])
            }
        }
    }

    /// Removes everything; for the agent's own end.
    func shutDown() -> EventLoopFuture<Void> {
        onControlThread { [self] side in
            for entry in side.sessions.values {
                do {
                    try entry.tracing.remove()
                } catch {
                    log.error("an instance or a probe was left behind", metadata: ["reason": "\(error)"])
                }
            }
            side.sessions.removeAll()
            for reader in readers.values { reader.stop() }
        }
    }

    // MARK: -

    private func lookAfterNames(_ entry: inout KernelSide.Entry) {
        let events = entry.tracing.eventsRead
        guard events != entry.eventsSeen else { return }
        entry.eventsSeen = events
        tellNames(&entry)
    }

    private func tellNames(_ entry: inout KernelSide.Entry) {
        guard let lines = try? root.savedCmdlinesBytes() else { return }
        let news = entry.names.news(inLines: lines)
        guard !news.isEmpty else { return }
        var metadata = WireNodeMetadata()
        metadata.comms = news
        metadata.commsAsOf = Int64(MonotonicRawClock.now())
        guard let frame = try? Frame.numbered(.metadata, metadata) else { return }
        entry.stream.append(frame)
    }

    private static func entry(_ session: UInt64, _ side: KernelSide) throws -> KernelSide.Entry {
        guard let entry = side.sessions[session] else {
            throw WireRefusal(.noSuchSession, "this node has no such session")
        }
        return entry
    }

    private func onControlThread<T: Sendable>(
        _ work: @escaping @Sendable (inout KernelSide) throws -> T
    ) -> EventLoopFuture<T> {
        loop.submit { [kernelSide] in
            try kernelSide.withValue { try work(&$0) }
        }.hop(to: agentLoop)
    }
}
