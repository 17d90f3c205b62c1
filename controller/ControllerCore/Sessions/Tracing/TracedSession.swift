import Logging
import NIOCore
import SessionStore
import SystemFacts
import TraceProtocol

/// A session that records: what its nodes send goes to storage, and operators read it from there.
final class TracedSession: Session, ReadableSession {
    /// Watermarks that come faster than this are dropped: they cost no credit, so their rate is bounded here.
    private static let shortestInterval = Duration.milliseconds(10)

    let storage: any SessionStorage
    /// By node, what has come and what may be read.
    var logs: [ReceivedLog]
    var attachments: [Attachment] = []
    private var stage = Stage.opening
    /// Its nodes have sent everything, and their clocks are measured for the last time.
    var isMeasuredOnceMore = false
    private var storedAt: MonotonicRawInstant?
    /// Its operator has not come back since an earlier controller process had it. Nobody has got the rest then, so it is
    /// kept.
    private var isUnclaimed = false
    /// It has ended for so long that its operator must have got the end.
    private var isReclaimOver = false

    /// How far its logs are.
    private enum Stage: Comparable {
        /// They are empty: what is known of the clocks so far is not written yet.
        case opening
        /// What comes is added.
        case begun
        /// Everything is stored: attachments may run to their ends.
        case stored
        case closed
    }

    init(
        _ description: WireSessionDescription, opening: WireOpenSession, request: UInt64, owner: (any SessionOperator)?,
        members: [(node: any SessionNode, incarnation: String)], storage: any SessionStorage,
        environment: SessionEnvironment
    ) {
        self.storage = storage
        logs = Array(repeating: ReceivedLog(), count: members.count)
        super.init(
            description, opening: opening, request: request, owner: owner, members: members, environment: environment)
    }

    /// A session that an earlier controller process began.
    ///
    /// - Parameter nodes: in the order of its description.
    convenience init(
        _ recovered: RecoveredSession, on nodes: [any SessionNode], storage: any SessionStorage,
        environment: SessionEnvironment
    ) {
        self.init(
            recovered.description, opening: recovered.flow.opening, request: 0, owner: nil,
            members: zip(nodes, recovered.flow.incarnations).map { ($0, $1) }, storage: storage,
            environment: environment)
        restore(recovered)
        isUnclaimed = !hold.isDetached
        for (index, log) in recovered.logs.enumerated() {
            logs[index] = ReceivedLog(log)
        }
        stage = recovered.logs.contains(where: \.hasJoined) ? .begun : .opening
    }

    override func open(_ opening: WireOpenSession) {
        environment.whenComplete(storage.open(description)) { [self] result in
            if case .failure(let error) = result {
                environment.forget(id, nil)
                return replyToOpen(
                    .refusal(WireRefusal(.io, "the controller cannot store the session: \(error)")))
            }
            // The operator may be gone, and the session aborted, before storage was ready.
            guard flow.phase == .preparing else { return }
            whenNoted(note([opened(opening)])) { [self] in if flow.phase == .preparing { prepare(opening) } }
        }
    }

    private func opened(_ opening: WireOpenSession) -> WireJournalEntry {
        .with {
            $0.opening.bootID = environment.bootID
            $0.opening.request = opening
            $0.opening.incarnations = parts.map(\.incarnation)
        }
    }

    override func note(_ entries: [WireJournalEntry]) -> EventLoopFuture<Void>? { storage.note(entries, of: id) }

    // MARK: What nodes send

    override func receive(
        _ frame: Frame, _ batch: BatchHeader?, sequence: UInt64, _ index: Int, at now: MonotonicRawInstant
    ) {
        parts[index].node.hold(frame.body.readableBytes, batch: batch)
        if drain != nil { parts[index].drained += frame.body.readableBytes }
        // Watermarks alone do not keep a stopped session open.
        parts[index].lastHeard = now
        if let batch { logs[index].add(batch, sequence: sequence) }
        if frame.type == .finish { finish(frame, sequence: sequence, index, at: now) }
        if frame.type == .loss, let loss = try? WireStreamLoss(frame) { logs[index].add(loss, sequence: sequence) }
        append(frame, index, sequence: sequence, at: now)
    }

    override func receive(_ watermark: Watermark, _ frame: Frame, _ index: Int, at now: MonotonicRawInstant) {
        guard parts[index].lastUnnumbered.duration(to: now) >= Self.shortestInterval else { return }
        parts[index].lastUnnumbered = now
        // It may cover frames that have to come again.
        guard parts[index].pause == nil, !parts[index].tracker.isRewinding else { return }
        logs[index].watched = watermark.entries
        if let least = watermark.least {
            let through = ReceivedLog.Through(time: least, heard: now, entries: watermark.entries)
            settled(
                logs[index].add(through, after: parts[index].tracker.last, settled: parts[index].durable), index)
        }
        append(frame, index, at: now)
    }

    override func observe(_ sample: ClockSampleFrame, _ index: Int, at now: MonotonicRawInstant) {
        if stage >= .begun { add(LogRecord(sample.frame(), received: now.nanoseconds), index) }
    }

    override func noted(_ note: WireNodeNote, _ index: Int) {
        guard let frame = try? Frame(.nodeNote, note) else { return }
        append(frame, index, at: MonotonicRawInstant(nanoseconds: note.at))
        if note.kind == .paused { tell(frame, index) }
    }

    override func account() -> SessionAccount { storedAccount() }

    override func receipt(of index: Int) -> WireSessionReceipt? {
        WireSessionReceipt.with { receipt in
            receipt.session = id
            receipt.cpus = logs[index].events.sorted { $0.key < $1.key }.map { cpu, events in
                .with {
                    $0.cpu = cpu
                    $0.events = events
                }
            }
        }
    }

    override func received(of index: Int) -> [WireCPUEvents] {
        let log = logs[index]
        // A later one may cover frames that a pause has dropped, and that have to come again.
        let reached = Dictionary(log.reached.map { ($0.cpu, $0.time) }, uniquingKeysWith: max)
        let lost = parts[index].account.lostAtAgent
        // Time stamps of another clock are none of the agent's.
        let begun = description.clockSource == .monoRaw ? log.begun : [:]
        return Set(log.events.keys).union(reached.keys).union(lost.keys).sorted().map { cpu in
            .with {
                $0.cpu = cpu
                $0.events = log.events[cpu] ?? 0
                $0.lost = lost[cpu] ?? 0
                // Events of a CPU come in their order. So what has not come is later than what has.
                $0.through = Int64(clamping: max(begun[cpu] ?? 0, reached[cpu] ?? 0))
            }
        }
    }

    func append(_ frame: Frame, _ index: Int, sequence: UInt64 = 0, at now: MonotonicRawInstant) {
        appendSamples(index)
        storage.append(
            LogRecord(frame, received: now.nanoseconds), session: id, node: index, sequence: sequence)
    }

    // MARK: Steps

    /// Writes what is known of the nodes when they begin: that they take part, and their clocks so far. Not before the
    /// first of them has begun: the commands to all others would wait for it.
    override func begin() {
        guard stage == .opening else { return }
        stage = .begun
        var joined = WireNodeNote()
        joined.kind = .joined
        joined.at = now.nanoseconds
        guard let frame = try? Frame(.nodeNote, joined) else { return }
        let samples = parts.map(\.node.recentSamples)
        for (index, own) in samples.enumerated() { logs[index].hasClock = !own.isEmpty }
        storage.begin(id, LogRecord(frame, received: joined.at), samples: samples)
    }

    override func release() {
        storage.release(id)
    }

    override func announced() {
        if let owner { attach(owner) }
    }

    override func reclaimed(
        by link: any SessionOperator, from previous: (any SessionOperator)?, behind read: [UInt64], _ request: UInt64
    ) {
        isUnclaimed = false
        attach(link, behind: read) { [self] result in link.respond(to: request, result.attached(to: description)) }
    }

    override func unheld() {
        closeIfUnused()
    }

    override var listed: WireSessionDescription {
        var listed = description
        listed.storedBytes = logs.reduce(0) { $0 + $1.position.bytesBefore }
        return listed
    }

    func end(of node: Int, opened: LogPosition) -> LogPosition { logs[node].position }

    override func aborted() {
        problem = "the session did not start"
        for attachment in attachments { attachment.end() }
        _ = storage.close(id, keep: false)
    }

    override func settle(_ then: @escaping () -> Void) {
        measureOnceMore { [self] in
            for index in logs.indices { appendSamples(index) }
            environment.whenComplete(storage.settle()) { _ in then() }
        }
    }

    override func ended() {
        environment.whenComplete(storage.finish(description)) { [self] result in
            if case .failure(let error) = result { report(problem: "\(error)") }
            (stage, storedAt) = (.stored, now)
            for attachment in attachments { attachment.pump() }
            closeIfUnused()
        }
    }

    /// Whether attachments may run to their ends.
    var isStored: Bool { stage >= .stored }

    override func checkReaders(now: MonotonicRawInstant) {
        guard stage == .stored, let storedAt else { return }
        for attachment in attachments { attachment.checkProgress(since: storedAt, now: now) }
        isReclaimOver = storedAt.duration(to: now) > SessionHold.grace && !hold.isAwaited
        closeIfUnused()
    }

    /// A session that has ended is forgotten when its last reader is done, and its operator has left or need not be waited
    /// for. Of one that is kept the operator finds the rest in storage.
    func closeIfUnused() {
        guard stage == .stored, attachments.isEmpty, description.keep || isReclaimOver || !mayBeReclaimed else {
            return
        }
        stage = .closed
        let keep = description.keep || isUnclaimed
        storage.close(id, keep: keep).whenFailure { [log = environment.log] in
            log.error("a session's directory could not be removed", metadata: ["reason": "\($0)"])
        }
        environment.forget(id, keep ? listed : nil)
    }

    // MARK: What storage reports

    func stored(_ progress: StorageProgress) {
        let index = progress.node
        logs[index].position = max(logs[index].position, progress.position)
        if progress.sequence > 0 {
            parts[index].durable = progress.sequence
            parts[index].node.acknowledge(StreamNumber(session: id, sequence: progress.sequence))
            settled(logs[index].settle(progress.sequence), index)
            for loss in logs[index].takeLosses() { parts[index].account.add(loss) }
        }
        if let finish = logs[index].finish {
            // Whatever else has ended its part: a reader of the log finds it, too.
            parts[index].account.add(finish.message, at: finish.at.nanoseconds)
            if flow.isLive(index) { perform(flow.finished(index)) }
        }
        for attachment in attachments { attachment.pump() }
    }

    private func settled(_ through: ReceivedLog.Through?, _ index: Int) {
        guard let through else { return }
        parts[index].account.recorded(through: through.time, heard: through.heard.nanoseconds)
    }

    /// A node's recording takes too much of the disk. Its part ends; what is there stays readable, and the others go on.
    func exceeded(_ index: Int, _ excess: DiskQuotaExceeded) {
        environment.log.warning(
            "a node's recording has ended",
            metadata: [
                "session": "\(id.sessionText)", "node": "\(parts[index].node.name)", "reason": "\(excess)",
            ])
        report(problem: "node \(parts[index].node.name): \(excess)")
        giveUp(index, "\(excess)")
    }
}
