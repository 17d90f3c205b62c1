import SystemFacts
import TraceProtocol
import Tracefs

/// A session that records: its pages, the names of tasks in them and its totals go into the session's stream.
final class TracingSession: NodeSession {
    private let recording: PageRecording
    private let stream: SessionStream
    private let root: TracefsRoot
    /// Called when its buffers are full; nil for a session that goes on then.
    private let onFull: (@Sendable () -> Void)?
    private var names = SentTaskNames()
    private var eventsSeen: UInt64 = 0

    private init(
        _ recording: PageRecording, _ stream: SessionStream, _ root: TracefsRoot, onFull: (@Sendable () -> Void)?
    ) {
        self.recording = recording
        self.stream = stream
        self.root = root
        self.onFull = onFull
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
                recording, delivery.stream, tracefs.root, onFull: request.onFull == .stop ? delivery.onFull : nil)
            try session.sendMetadata(facts, tracefs.symbols)
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
        prepared.probes = recording.instance.probes.checks()
        prepared.cpus = UInt32(recording.taps.count)
        prepared.notes = recording.notes
        prepared.bufferKilobytes = UInt32(
            (try? recording.instance.trace.bufferSize(cpu: recording.taps.first?.cpu ?? 0)) ?? 0)
        return prepared
    }

    func start(at moment: MonotonicRawInstant?) throws -> WireStarted { try recording.start(at: moment) }

    func stop(at moment: MonotonicRawInstant?) throws -> WireStopping {
        MonotonicRawInstant.wait(until: moment)
        return try recording.stop()
    }

    func finish(reason: String) throws {
        sendNewNames()
        stream.append(try .numbered(.finish, recording.totals(reason: reason)))
    }

    func refreshThreads(_ wanted: Set<Int32>) throws -> Bool {
        try recording.instance.refreshThreads(wanted)
    }

    func detach() {}

    func watermark() -> PendingWatermark? {
        stopIfFull()
        recording.observeSwitch()
        let entries = recording.watermarks()
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

    private func sendMetadata(_ facts: WireHostFacts, _ symbols: PackedSymbols) throws {
        var metadata = try MetadataCollector(root: root, symbols: symbols).initial(for: recording, facts: facts)
        metadata.comms = names.news(in: try TaskList.commsOfAll().merging(root.savedCmdlines()) { $1 })
        stream.append(try .numbered(.metadata, metadata))
    }

    private func sendNewNames() {
        guard let lines = try? root.savedCmdlinesBytes() else { return }
        let news = names.news(inLines: lines)
        guard !news.isEmpty else { return }
        var metadata = WireNodeMetadata()
        metadata.comms = news
        metadata.commsAsOf = MonotonicRawInstant.now.nanoseconds
        guard let frame = try? Frame.numbered(.metadata, metadata) else { return }
        stream.append(frame)
    }
}
