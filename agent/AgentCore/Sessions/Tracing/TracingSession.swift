import SystemFacts
import TraceProtocol
import Tracefs

/// A session that records: its pages, the names of tasks in them and its totals go into the session's stream.
final class TracingSession: NodeSession {
    let recording: PageRecording
    let stream: SessionStream
    let tracefs: NodeTracefs
    private let facts: WireHostFacts
    /// For a successor of this agent.
    let inheritable: WirePreparedRecording?
    /// What agents that died have read of it.
    let deadReads: [UInt32: DeadRead]
    /// Called when its buffers are full; nil for a session that goes on then.
    private let onFull: (@Sendable () -> Void)?
    private var names = SentTaskNames()
    private var hidden = HiddenSymbols()
    var clockWatch = TraceClockWatch()
    /// When the kernel's table of names was read last, ns of the trace clock.
    private var namesAsOf: Int64 = 0
    private var eventsSeen: UInt64 = 0

    private var root: TracefsRoot { tracefs.root }

    init(
        _ recording: PageRecording, _ delivery: SessionDelivery, _ tracefs: NodeTracefs, _ facts: WireHostFacts,
        _ inheritable: WirePreparedRecording, dead: [UInt32: DeadRead] = [:]
    ) {
        self.recording = recording
        stream = delivery.stream
        self.tracefs = tracefs
        self.facts = facts
        self.inheritable = inheritable
        onFull = inheritable.request.onFull == .stop ? delivery.onFull : nil
        deadReads = dead
    }

    /// Makes everything, with recording off, and appends what a reader needs for decoding to the stream.
    ///
    /// - Throws: why the node refuses; nothing is left behind then.
    static func prepare(
        _ request: WirePrepare, _ delivery: SessionDelivery, in tracefs: NodeTracefs, facts: WireHostFacts,
        readers: CPUReaders
    ) throws -> TracingSession {
        let recording = try PageRecording.prepare(
            request, session: delivery.session, in: tracefs, readers: readers)
        do {
            let sink = StreamSink(
                stream: delivery.stream, layout: try .init(headerPage: recording.headerPage()),
                codec: delivery.codec)
            try recording.openTaps(feeding: sink, onDrained: delivery.onDrained)
            let session = TracingSession(
                recording, delivery, tracefs, facts, WirePreparedRecording(request, recording.instance))
            try session.sendMetadata()
            recording.attach()
            return session
        } catch {
            try? recording.remove()
            throw error
        }
    }

    func prepared() -> WirePrepared {
        var prepared = WirePrepared()
        prepared.events = recording.events.map { WireEventName(recording.instance.shownName(of: $0)) }
        prepared.probes = recording.instance.probes?.checks() ?? []
        prepared.cpus = UInt32(recording.taps.count)
        prepared.notes = recording.notes + [hidden.note].compactMap { $0 }
        prepared.functions = UInt32(recording.functions.count)
        prepared.bufferKilobytes = UInt32(
            (try? recording.instance.trace.bufferSize(cpu: recording.taps.first?.cpu ?? 0)) ?? 0)
        return prepared
    }

    func start(at moment: MonotonicRawInstant?) throws -> WireStarted {
        // Events before the first reading would have none on one side.
        sendClockReading()
        return try recording.start(at: moment)
    }

    func stop(at moment: MonotonicRawInstant?) throws -> WireStopping {
        MonotonicRawInstant.wait(until: moment)
        return try recording.stop()
    }

    func finish(reason: String, note: (WireFinish) -> Void) throws {
        compareClocks()
        sendClockReading()
        sendNewNames()
        var totals = recording.totals(reason: reason)
        let unreadable = stream.unreadable
        for index in totals.cpus.indices {
            let lost = min(unreadable[totals.cpus[index].cpu] ?? 0, totals.cpus[index].sent)
            totals.cpus[index].sent -= lost
            totals.cpus[index].lostAtAgent += lost
        }
        note(totals)
        stream.append(try .numbered(.finish, totals))
    }

    var gaps: [WireRecordingGap] { recording.gaps }

    func refreshThreads(_ wanted: Set<Int32>) throws -> Bool {
        try recording.instance.refreshThreads(wanted)
    }

    func detach() {}

    func watermark() -> PendingWatermark? {
        stopIfFull()
        recording.observeSwitch()
        sendShownSymbols()
        sendClockReading()
        let entries = recording.watermarks()
        // Behind the moment that the watermark states, and sent in front of it: no event is printed that was stamped since
        // the clocks have parted, and has no mark.
        compareClocks()
        let events = recording.eventsRead
        if events != eventsSeen {
            eventsSeen = events
            sendNewNames()
        }
        return entries.map {
            PendingWatermark(
                watermark: Watermark(session: recording.session, entries: $0), after: stream.lastSequence)
        }
    }

    /// Whoever asked for it wants what came before the first event that had no room, without holes.
    private func stopIfFull() {
        guard let onFull, recording.stopped == nil, recording.hasRefusedEvents else { return }
        // First: what follows from the stop must find the session told to end.
        onFull()
        _ = try? recording.stop()
    }

    func state() -> WireSessionState? { recording.state() }

    func remove(inBackground: Bool) throws { try recording.remove() }

    // MARK: Metadata

    /// What a reader needs for decoding.
    func sendMetadata() throws {
        let collector = MetadataCollector(root: root, symbols: tracefs.symbols)
        var metadata = try collector.initial(for: recording, facts: facts)
        metadata.comms = try allNames()
        let hasAll = metadata.symbols != tracefs.symbols.marker
        if hasAll, (try? TracefsRoot.hidesSymbols()) == true { hidden.areHidden(at: .now) }
        stream.append(try .numbered(.metadata, metadata))
    }

    /// The kernel may show its symbols again during the session.
    private func sendShownSymbols() {
        guard hidden.isDue(at: .now), (try? TracefsRoot.hidesSymbols()) == false,
            let symbols = try? tracefs.symbols.current(), !symbols.areHidden
        else { return }
        var metadata = WireNodeMetadata()
        metadata.symbols = symbols.symbols
        guard let frame = try? Frame.numbered(.metadata, metadata) else { return }
        hidden.areShown()
        stream.append(frame)
    }

    /// An agent that died may have sent none of the names of tasks that it had seen last.
    func sendAllNames() throws {
        var metadata = WireNodeMetadata()
        metadata.comms = try allNames()
        metadata.commsAsOf = recording.clock.now.nanoseconds
        stream.append(try .numbered(.metadata, metadata))
    }

    private func allNames() throws -> [WireTaskName] {
        // The kernel's own come last: they are of the time of the events.
        try names.news(in: TaskList.commsOfAll()) + names.news(inLines: root.savedCmdlines())
    }

    private func sendNewNames() {
        let (before, now) = (namesAsOf, recording.clock.now.nanoseconds)
        guard let lines = try? root.savedCmdlines() else { return }
        namesAsOf = now
        let after = recording.clock.now.nanoseconds
        let news = names.news(inLines: lines)
        guard !news.isEmpty else { return }
        var metadata = WireNodeMetadata()
        metadata.comms = news
        metadata.commsAsOf = after
        metadata.commsSince = before
        guard let frame = try? Frame.numbered(.metadata, metadata) else { return }
        stream.append(frame)
    }
}
