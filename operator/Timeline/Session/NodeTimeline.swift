import EventFormat
import NIOCore
import RingBuffer
import SessionStore
import TraceClock
import TraceProtocol

/// One node of a session as a reader rebuilds it from the node's log: its clock, its events by CPU, what is needed
/// to decode them, and how its part ended.
final class NodeTimeline {
    let index: Int
    let name: String
    /// From the timeline of the node's own controller, or of its recording, to the one that is merged onto.
    let onto: TimelineShift
    /// `onto`, ns.
    var shift: Int64 { onto.offset }
    private(set) var clock: NodeClock
    private var parting = ClockParting()
    private(set) var streams: [UInt32: CPUStream] = [:]
    private(set) var decoding = NodeDecoding()
    private(set) var layout: SubBufferLayout?
    /// The node has sent everything up to here; ns of its agent's clock.
    private(set) var watermark: Int64?
    /// Those that later probes may still give a narrower bound.
    private var heldWatermarks = HeldWatermarks()
    /// The last watermark that is not held.
    private var frozen: Int64?
    /// When there is no record of it, and its own account once its stream is complete.
    private(set) var part = PartAccount()
    /// Its last watermarks.
    private(set) var watched: [Watermark.Entry] = []
    private var numbers = MissingNumbers()
    /// Frames were missing before the last one, and the time of which is not shown yet.
    var newGap: WireRecordingGap?
    /// When its log was paused last, ns of the timeline.
    private var lastPause: Int64?
    /// Nothing more will come: its stream is complete, or it was given up.
    private(set) var isEnded = false
    /// The manifest has its gaps.
    var hasKnownGaps = false

    /// What a record means for the merge.
    enum Change {
        case none
        /// A stream that was empty may have an event now.
        case events(CPUStream)
        case watermark
        case ended
        case note(WireNodeNote)
        /// The node's clock was not one continuous clock.
        case clockBreak(ClockBreak)
        /// The successor of an agent that died states what was lost with it.
        case loss([WireEventLoss])
    }

    /// The trace.dat file that the node stands for, if it is one.
    private(set) var recording: RecordingBuffer?

    /// - Parameters:
    ///   - clock: what its whole log says of its clock; nil where that is not known yet.
    ///   - wander: what is assumed of its rate meanwhile; nil for nothing beyond the rate range.
    init(
        index: Int, name: String, shift: TimelineShift = .none, clock: SavedClock? = nil, wander: ClockWander? = nil
    ) {
        self.clock = NodeClock(saved: clock, wander: wander)
        self.index = index
        self.name = name
        onto = shift
    }

    var renderer: NodeRenderer { decoding.renderer }

    /// Loads a recording, which is complete and has a clock that needs no probes.
    func load(_ recording: RecordingBuffer, layout: SubBufferLayout, streams: [CPUStream]) {
        self.recording = recording
        self.layout = layout
        decoding = recording.decoding
        part.add(recording.totals, at: .max)
        isEnded = true
        for stream in streams {
            stream.segment = .uncorrected
            self.streams[stream.cpu] = stream
        }
    }

    /// The watermark on the timeline, ns; nil while there is none, or no clock sample.
    var watermarkOnTimeline: Int64? {
        guard let frozen else { return nil }
        // Without a clock sample it has no position there.
        let mapped = clock.map(watermark: frozen)
        return mapped.quality == .unknown ? nil : mapped.estimate &+ shift
    }

    /// Adds one record of the node's log.
    ///
    /// - Parameters:
    ///   - received: when it came, ns of its controller's timeline; the greatest number where that is not known.
    ///   - makeStream: makes the stream of a new CPU.
    func append(_ frame: Frame, received: Int64 = .max, makeStream: (UInt32) -> CPUStream) throws -> Change {
        // The account is on the timeline that is merged onto.
        let heard = received == .max ? received : received &+ shift
        if frame.type.isNumbered {
            var body = frame.body
            _ = count(try StreamNumber(reading: &body, of: frame.type), received: received)
        }
        switch frame.type {
        case .batch:
            let batch = try Batch(frame)
            guard batch.header.cpu < UInt32(Watermark.maximumCPUs) else {
                throw ProtocolError.malformed(.batch, "CPU \(batch.header.cpu)")
            }
            let stream = streams[batch.header.cpu] ?? makeStream(batch.header.cpu)
            streams[batch.header.cpu] = stream
            stream.append(batch)
            return .events(stream)
        case .watermark:
            let stated = try Watermark(frame)
            watched = stated.entries
            guard let least = stated.least, least > watermark ?? .min else { return .none }
            watermark = least
            part.recorded(through: least, heard: heard)
            return freeze(clock.waitsForProbes ? heldWatermarks.stated(least) : least)
        case .clockSample:
            let sample = try ClockSampleFrame(frame)
            let probe = ClockProbe(t1: sample.t1, t2: sample.t2, t3: sample.t3, t4: sample.t4)
            guard clock.isSlewed || parting.admits(probe) else { return .none }
            let found = broken(clock.observe(probe))
            let change = freeze(clock.waitsForProbes ? heldWatermarks.probed(at: probe.t3) : nil)
            if case .clockBreak = found { return found }
            return change
        case .metadata: return try appendMetadata(frame)
        case .finish:
            var body = frame.body
            _ = try StreamNumber(reading: &body, of: frame.type)
            guard part.finish == nil else { throw ProtocolError.malformed(.finish, "a second one") }
            part.add(try Frame(.finish, body).message(), at: heard)
            return end()
        case .loss:
            let loss = try WireStreamLoss(frame)
            part.add(loss)
            return .loss(loss.events(onTimeline))
        case .nodeNote: return appendNote(try frame.message())
        default: return .none
        }
    }

    /// A numbered frame has come.
    ///
    /// - Returns: whether frames before it are missing.
    func count(_ number: StreamNumber, received: Int64) -> Bool {
        guard case .after(let missing) = numbers.add(number.sequence) else { return false }
        part.miss(MissingNumbers.text(missing), before: received == .max ? received : received &+ shift)
        newGap = part.damagedGaps(onTimeline).last
        return true
    }

    /// Whether a note that its log is paused is the first of that: it comes at once, and again with the log.
    func isNews(_ pause: WireNodeNote) -> Bool {
        defer { lastPause = max(lastPause ?? pause.at, pause.at) }
        return pause.at > lastPause ?? .min
    }

    /// Times up to here keep their place.
    private func freeze(_ through: Int64?) -> Change {
        guard let through else { return .none }
        frozen = through
        clock.freeze(through: through)
        return .watermark
    }

    private func broken(_ found: ClockBreak?) -> Change {
        guard let found else { return .none }
        // Copies of the clock's segments do not learn of a break that is found later.
        for stream in streams.values { stream.segment = nil }
        return .clockBreak(found)
    }

    private func appendMetadata(_ frame: Frame) throws -> Change {
        var body = frame.body
        _ = try StreamNumber(reading: &body, of: frame.type)
        let metadata: WireNodeMetadata = try Frame(.metadata, body).message()
        if !metadata.headerPage.isEmpty { layout = try SubBufferLayout(headerPage: metadata.headerPage) }
        if metadata.hasHost { clock.use(traceClock: metadata.host.traceClock) }
        try decoding.add(metadata)
        if let pair = metadata.clockPairs.last, parting.admits(pair) {
            // An agent sends one, and a recording's next part some at its beginning.
            for earlier in metadata.clockPairs.dropLast() { _ = clock.observe(earlier) }
            return broken(clock.observe(pair))
        }
        guard metadata.hasClockCheck, let found = parting.add(metadata.clockCheck) else { return .none }
        return broken(clock.declareBreak(found.reason, after: found.after))
    }

    private func appendNote(_ note: WireNodeNote) -> Change {
        var shifted = note
        shifted.at &+= shift
        if shifted.moment != 0 { shifted.moment &+= shift }
        part.add(shifted)
        switch note.kind {
        case .refused, .gaveUp, .restarted, .damaged: _ = end()
        default: break
        }
        return .note(shifted)
    }

    private func end() -> Change {
        _ = freeze(heldWatermarks.end())
        isEnded = true
        return .ended
    }

    /// The log has no further record.
    ///
    /// - Parameter reason: why, unless the node's part was at its end.
    func cutOff(_ reason: String) {
        isEnded = true
        part.cutOff(reason)
    }

    /// The key that orders a stream's head; nil while its time is not settled.
    func time(of stream: CPUStream) -> Int64? {
        guard let record = stream.current else { return nil }
        let stamp = stream.stamp(record.timestamp)
        if let segment = stream.segment, segment.contains(stamp) { return segment.estimate(stamp) &+ shift }
        guard let frozen = clock.frozenThrough, stamp <= frozen else {
            return isEnded ? clock.map(stamp).estimate &+ shift : nil
        }
        let segment = clock.segment(containing: stamp)
        guard segment.contains(stamp) else { return clock.map(stamp).estimate &+ shift }
        stream.segment = segment
        return segment.estimate(stamp) &+ shift
    }

    /// A time stamp as the clock's ns. Absurd ones stay below the time that stands for "no event".
    static func stamp(_ timestamp: UInt64) -> Int64 {
        Int64(min(timestamp, UInt64(Int64.max - 1)))
    }

    /// A time stamp on the timeline, with its bound.
    func mapped(_ stream: CPUStream, _ stamp: UInt64) -> MappedTime {
        let stamp = stream.stamp(stamp)
        if let segment = stream.segment, segment.contains(stamp) { return segment.map(stamp).shifted(by: onto) }
        return clock.map(stamp).shifted(by: onto)
    }
}
