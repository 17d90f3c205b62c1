import RingBuffer
import TraceClock
import TraceDat
import TraceProtocol

/// Merges the logs of a session's nodes into one order, live or from disk.
///
/// `append` adds records as they come; `release` hands out events that no node can still precede. They are ordered
/// by time, node, reading of its clock and CPU, so that the same input always gives the same output.
final class TimelineMerger {
    let nodes: [NodeTimeline]
    var tree = LoserTree<MergeKey>()
    var streams: [CPUStream] = []
    /// The same, without ARC traffic: when streams alternate, looking one up is most of what the merge does.
    var references: [Unmanaged<CPUStream>] = []
    /// Streams whose head has no settled time yet.
    var waiting: [CPUStream] = []
    private var gate: WatermarkGate
    let unpacker = PageUnpacker()
    /// The memory of the events.
    var pool: PagePool { unpacker.pool }
    private var notices: [(TimelineNotice, NodeTimeline, Int64)] = []
    /// What has a place on the timeline and is not shown yet, because events before it may still come.
    var stretches: [(place: Int64, notice: TimelineNotice, node: NodeTimeline)] = []
    var sharedBreaks = SharedBreaks()
    /// Events handed out after later ones.
    var lateEvents: UInt64 = 0

    /// - Parameters:
    ///   - stallLimit: how long a silent node holds the others back; nil for ever, as for a session on disk.
    convenience init(nodes names: [String], wander: ClockWander? = nil, stallLimit: Duration?, at now: Int64) {
        self.init(names.map { (name: $0, shift: .none) }, wander: wander, stallLimit: stallLimit, at: now)
    }

    /// - Parameters:
    ///   - nodes: each with the shift from its controller's timeline to the one that is merged onto.
    ///   - clocks: of nodes whose logs have been read before, by index.
    ///   - wander: what is assumed of the rates of all other clocks; nil for nothing beyond the rate range.
    ///   - stallLimit: how long a silent node holds the others back; nil for ever, as for what is on disk.
    init(
        _ nodes: [(name: String, shift: TimelineShift)], clocks: [Int: SavedClock] = [:],
        wander: ClockWander? = nil, stallLimit: Duration?, at now: Int64
    ) {
        self.nodes = nodes.enumerated().map {
            NodeTimeline(
                index: $0.offset, name: $0.element.name, shift: $0.element.shift, clock: clocks[$0.offset],
                wander: wander)
        }
        gate = WatermarkGate(stallLimit: stallLimit)
        for node in self.nodes {
            gate.add(node: node.index, at: now)
        }
        showKnownBreaks()
    }

    var isEnded: Bool { nodes.allSatisfy(\.isEnded) }

    /// Adds one record of a node's log.
    ///
    /// - Parameters:
    ///   - now: ns on the controller's timeline.
    ///   - received: when the record came to the controller; the greatest number where that is not known.
    /// - Throws: what is wrong with the record; the merge goes on without it.
    func append(_ frame: Frame, node index: Int, at now: Int64, received: Int64 = .max) throws {
        let node = nodes[index]
        let renderer = node.renderer
        defer { if node.renderer !== renderer { pool.retire(renderer) } }
        let change = try node.append(frame, received: received) { cpu in
            add(CPUStream(node: node, cpu: cpu, index: tree.addStream()))
        }
        if let gap = node.newGap {
            node.newGap = nil
            // The manifest does not know it.
            stretches.append((gap.place, .gap(gap), node))
        }
        switch change {
        case .none: break
        case .events(let stream):
            if stream.current == nil { fetch(stream) }
        case .watermark: advance(node, at: now)
        case .ended:
            show(node.part.statedGaps(node.onTimeline) + [node.part.ending(node.onTimeline)], of: node)
            settle(node)
            gate.finish(node: index)
        case .note(let note): append(note, node)
        case .clockBreak(let found):
            note(found, of: node)
            show(found, of: node)
        case .loss(let losses): stretches += losses.map { ($0.place, .lostAtAgent($0), node) }
        }
    }

    /// Adds one buffer of a trace.dat file as a node. All of it is there, so nothing waits for it.
    ///
    /// - Throws: `TraceDatError` when its pages cannot be found.
    func add(_ recording: RecordingBuffer, node index: Int) throws(TraceDatError) {
        let node = nodes[index]
        let layout = try recording.file.layout(of: recording.buffer)
        var own: [CPUStream] = []
        for cpu in recording.buffer.cpus where cpu.cpu < UInt32(Watermark.maximumCPUs) {
            own.append(
                add(
                    CPUStream(
                        node: node, cpu: cpu.cpu, index: tree.addStream(),
                        recording: try recording.file.pages(of: recording.buffer, cpu: cpu),
                        correction: TimestampCorrection(recording.file.options, cpu: cpu.cpu))))
        }
        node.load(recording, layout: layout, streams: own)
        gate.finish(node: index)
        for stream in own { fetch(stream) }
    }

    private func add(_ stream: CPUStream) -> CPUStream {
        streams.append(stream)
        references.append(.passUnretained(stream))
        return stream
    }

    private func append(_ note: WireNodeNote, _ node: NodeTimeline) {
        switch note.kind {
        case .started: show([node.part.lateStart(node.onTimeline)], of: node)
        case .lost, .controllerRestarted: notices.append((.lost(note.text), node, note.at))
        case .returned: notices.append((.returned, node, note.at))
        case .paused: if node.isNews(note) { notices.append((.paused(note.text), node, note.at)) }
        case .resumed: notices.append((.resumed, node, note.at))
        case .takenOver: notices.append((.takenOver(note.text), node, note.at))
        case .limited: notices.append((.limited(note.text), node, note.at))
        case .refused:
            notices.append((.refused(note.text), node, note.at))
            gate.finish(node: node.index)
        case .gaveUp, .restarted, .damaged:
            show([node.part.ending(node.onTimeline)], of: node)
            notices.append((.gaveUp(note.text), node, note.at))
            settle(node)
            gate.finish(node: node.index)
        default: break
        }
    }

    /// The log of this node has no further record.
    ///
    /// - Parameter reason: why, unless the node's part was at its end.
    func end(_ index: Int, at now: Int64, _ reason: String) {
        let node = nodes[index]
        guard !node.isEnded else { return }
        node.cutOff(reason)
        show([node.part.ending(node.onTimeline)], of: node)
        settle(node)
        gate.finish(node: index)
    }

    /// Takes a node's gaps from the manifest, so that each is shown where it begins, which its log tells only later.
    func expect(_ known: [WireRecordingGap], of index: Int) {
        guard !known.isEmpty else { return }
        nodes[index].hasKnownGaps = true
        stretches += known.map { ($0.place, .gap($0), nodes[index]) }
    }

    private func show(_ news: [WireRecordingGap?], of node: NodeTimeline) {
        guard !node.hasKnownGaps else { return }
        stretches += news.compactMap(\.self).map { ($0.place, .gap($0), node) }
    }

    /// Nobody could be heard until now.
    func resume(at now: Int64) {
        gate.resume(at: now)
    }

    func damaged(_ index: Int, _ reason: String, at now: Int64) {
        notices.append((.damaged(reason), nodes[index], now))
    }

    private func advance(_ node: NodeTimeline, at now: Int64) {
        settle(node)
        guard let watermark = node.watermarkOnTimeline else { return }
        gate.update(node: node.index, watermark: watermark, at: now)
    }

    /// Puts streams into the tree whose head's time is settled by now.
    private func settle(_ node: NodeTimeline) {
        waiting.removeAll { stream in
            guard stream.node == node.index, let time = node.time(of: stream) else { return false }
            tree.setKey(key(stream, time), of: stream.index)
            return true
        }
    }

    func key(_ stream: CPUStream, _ time: Int64) -> MergeKey {
        // `Int64.max` stands for "no event".
        let stamp = stream.current.map { stream.stamp($0.timestamp) } ?? 0
        return MergeKey(time: min(time, .max - 1), node: UInt32(stream.node), cpu: stream.cpu, stamp: stamp)
    }

    /// Puts the head of a stream that had none into the tree.
    private func fetch(_ stream: CPUStream) {
        let node = nodes[stream.node]
        guard let layout = node.layout, stream.advance(layout: layout, unpacker: unpacker) else { return }
        if let time = node.time(of: stream) {
            tree.setKey(key(stream, time), of: stream.index)
        } else {
            waiting.append(stream)
        }
    }

    /// Hands out every event that can go out now, and notices of the nodes.
    ///
    /// - Returns: the time up to which everything is out; `Int64.max` when nothing more can come.
    @discardableResult
    func release<S: TimelineSink & ~Copyable>(at now: Int64, into sink: inout S) throws -> Int64 {
        // An event is late if it lies before what earlier calls let out.
        let before = gate.frontier
        let release = gate.release(at: now)
        for event in release.events {
            switch event {
            case .stalled(let node, let since): try sink.notice(.stalled, node: nodes[node], at: since)
            case .recovered(let node): try sink.notice(.recovered, node: nodes[node], at: now)
            }
        }
        try showStretches(upTo: release.frontier, late: before, into: &sink)
        try drain(upTo: release.frontier, late: before, into: &sink)
        for (notice, node, time) in notices { try sink.notice(notice, node: node, at: time) }
        notices.removeAll(keepingCapacity: true)
        return release.frontier
    }

    /// Shows gaps and losses that begin before a time, each behind the events that come before it.
    private func showStretches<S: TimelineSink & ~Copyable>(
        upTo frontier: Int64, late: Int64, into sink: inout S
    ) throws {
        guard !stretches.isEmpty else { return }
        let due = stretches.filter { $0.place <= frontier }
            .sorted { ($0.place, $0.node.index) < ($1.place, $1.node.index) }
        stretches.removeAll { $0.place <= frontier }
        for (place, notice, node) in due {
            try drain(upTo: place, late: late, into: &sink)
            try sink.notice(notice, node: node, at: place)
        }
    }
}

extension WireEventLoss {
    /// Where it is shown: at its beginning, or where that is not known at its end; ns of the timeline.
    fileprivate var place: Int64 { from != 0 ? from : to }
}

extension WireRecordingGap {
    /// Where it is shown: at its beginning, or where that is not known at its end; ns of the timeline.
    fileprivate var place: Int64 { from != 0 ? from : to }
}
