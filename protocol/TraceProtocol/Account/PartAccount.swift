/// What is known of one node's part in a session, and what follows from it: when there is no record of the node although
/// the session ran.
///
/// The controller keeps one for each node while the session runs, and every reader of the node's log makes the same one
/// again from the log. So the manifest, the timeline and the exit status agree. No I/O. Times of the node stay in its
/// trace clock until somebody asks: its clock is known better then.
public struct PartAccount: Sendable {
    /// Why it refused to take part, while others went on.
    public private(set) var refusal: String?
    /// Its own account, once its stream is complete, without the rows of a count.
    public private(set) var finish: WireFinish?
    /// The start that was commanded, ns of the timeline.
    private var moment: Int64?
    private var started: WireStarted?
    /// Everything up to here has come: ns of the trace clock, and when that was said, ns of the timeline.
    private var through: (time: Int64, heard: Int64)?
    /// When the session was told to stop, ns of the timeline.
    private var stoppedAt: Int64?
    /// When Finish came, ns of the timeline.
    private var finishedAt: Int64 = .max
    /// Finish came before the session was told to stop.
    private var isEarly = false
    /// The controller was restarted meanwhile.
    private var isRestarted = false
    /// Frames that are missing from its log, with what had come before them and when the next frame came.
    private var holes: [(text: String, since: (time: Int64, heard: Int64)?, arrival: Int64)] = []
    /// What agents that died had read, and nobody has.
    public private(set) var losses: [WireStreamLoss] = []
    /// The events of all of them, by CPU.
    public private(set) var lostAtAgent: [UInt32: UInt64] = [:]
    /// Why nothing more comes, where that is not Finish.
    public private(set) var end: String?

    /// Bytes. The reasons of nodes are shown to people and stored in manifests.
    private static let longestReason = 300
    /// A node may state so many gaps of its own.
    private static let mostGaps = 100
    /// The times of so many losses are kept: an agent may die again and again. Later ones count and have no times.
    private static let mostLosses = 1000
    /// A start that is late by less is stated and no fault: the operator's own time begins when all nodes record. An end
    /// that is early by less may be an error of the node's clock.
    private static let toleratedLateness = Duration.seconds(1)

    public init() {}

    // MARK: What happens

    public mutating func add(_ note: WireNodeNote) {
        switch note.kind {
        case .started:
            // After a restart of the controller its own words may be lost.
            if note.started.after != 0 { started = note.started }
            if note.moment != 0 { moment = note.moment }
        case .refused: refusal = Self.limited(note.text)
        case .gaveUp, .restarted, .damaged:
            if note.moment != 0, moment == nil { moment = note.moment }
            cutOff(note.text)
        case .stopped: if stoppedAt == nil { stoppedAt = note.at }
        case .controllerRestarted: isRestarted = true
        default: break
        }
    }

    /// The node has sent everything up to a time.
    ///
    /// - Parameters:
    ///   - time: ns of the trace clock.
    ///   - heard: when it said so, ns of the timeline: what it says of later times is not believed.
    public mutating func recorded(through time: Int64, heard: Int64) {
        guard time > through?.time ?? .min else { return }
        through = (time, heard)
    }

    /// Its last frame has come.
    ///
    /// - Parameter arrival: ns of the timeline.
    public mutating func add(_ finish: WireFinish, at arrival: Int64) {
        guard self.finish == nil else { return }
        self.finish = finish
        self.finish?.clearCounts()
        finishedAt = arrival
        isEarly = stoppedAt.map { arrival < $0 } ?? true
    }

    /// Numbered frames are missing from its log. What they held was recorded after what had come before them, and before
    /// the next frame came.
    ///
    /// - Parameters:
    ///   - frames: their numbers, for people: `frames 7 to 9 are missing`.
    ///   - arrival: of the next frame, ns of the timeline.
    public mutating func miss(_ frames: String, before arrival: Int64) {
        guard holes.count < Self.mostGaps else { return }
        holes.append(("\(frames) in its log", through, arrival))
    }

    /// The successor of an agent that died has stated what was lost with it.
    public mutating func add(_ loss: WireStreamLoss) {
        var loss = loss
        loss.reason = Self.limited(loss.reason)
        if losses.count < Self.mostLosses { losses.append(loss) }
        for cpu in loss.cpus { lostAtAgent[cpu.cpu, default: 0] &+= cpu.events }
    }

    /// Nothing more comes of it. The first reason counts.
    public mutating func cutOff(_ reason: String) {
        if end == nil { end = Self.limited(reason) }
    }

    private static func limited(_ text: String) -> String {
        text.utf8.count <= longestReason ? text : String(decoding: text.utf8.prefix(longestReason), as: UTF8.self)
    }

    // MARK: When there is no record

    /// All gaps, on the timeline.
    ///
    /// - Parameter map: ns of the trace clock to ns of the timeline; nil while the clock is not known.
    ///
    /// - Parameter missing: events that were sent and are not there, where the node's totals tell.
    public func gaps(_ map: (Int64) -> Int64?, missing: UInt64? = nil) -> [WireRecordingGap] {
        guard refusal == nil else { return [] }
        return [lateStart(map)].compactMap(\.self) + statedGaps(map) + damagedGaps(map, events: missing)
            + [ending(map)].compactMap(\.self)
    }

    /// Those of which frames are missing from its log.
    ///
    /// - Parameter events: how many there were in all of them, where the node's totals tell.
    public func damagedGaps(_ map: (Int64) -> Int64?, events: UInt64? = nil) -> [WireRecordingGap] {
        holes.enumerated().map { index, hole in
            var reason = hole.text
            if let events, index == holes.count - 1 {
                reason += (index == 0 ? ": " : "; in all ") + "\(events) event\(events == 1 ? "" : "s")"
            }
            let from = hole.since.flatMap { since in map(since.time).map { min($0, since.heard) } }
            return WireRecordingGap(from: from ?? moment, to: hole.arrival == .max ? nil : hole.arrival, reason)
        }
    }

    /// It began to record after the start that was commanded.
    public func lateStart(_ map: (Int64) -> Int64?) -> WireRecordingGap? {
        guard let started, started.missed, let moment, let after = map(started.after), after > moment else {
            return nil
        }
        var gap = WireRecordingGap(from: moment, to: after, "it started late")
        gap.tolerated = gap.length ?? .zero < Self.toleratedLateness
        return gap
    }

    /// Those that the node states itself.
    public func statedGaps(_ map: (Int64) -> Int64?) -> [WireRecordingGap] {
        (finish?.gaps.prefix(Self.mostGaps) ?? []).map { stated in
            let end = stated.to == 0 ? nil : map(stated.to)
            return WireRecordingGap(
                from: map(stated.from), to: [end, stoppedAt].compactMap(\.self).min(), Self.limited(stated.reason),
                isTolerated: stated.tolerated)
        }
    }

    /// Its part ended before the session did.
    public func ending(_ map: (Int64) -> Int64?) -> WireRecordingGap? {
        guard let (from, reason) = earlyEnd(map) else { return nil }
        if let from, let stoppedAt, from >= stoppedAt { return nil }
        return WireRecordingGap(from: from, to: stoppedAt, reason)
    }

    private func earlyEnd(_ map: (Int64) -> Int64?) -> (from: Int64?, reason: String)? {
        guard let finish else { return end.map { (lastKnown(map), $0) } }
        let stopped = finish.hasStopped ? map(finish.stopped.before).map { min($0, finishedAt) } : nil
        if isEarly {
            let reason = finish.reason.isEmpty ? "it ended before it was told to" : finish.reason
            return (stopped ?? lastKnown(map), Self.limited(reason))
        }
        // A node that was told to stop has a reason of its own only if it stopped before that.
        guard finish.reason.isEmpty else { return (stopped ?? lastKnown(map), Self.limited(finish.reason)) }
        // An earlier controller process told it, and died before it could write that down.
        guard let stoppedAt else { return nil }
        guard let stopped else {
            return isRestarted && finish.hasStopped
                ? (lastKnown(map), "when it stopped is not known: nor is its clock") : nil
        }
        guard .nanoseconds(stoppedAt &- stopped) > Self.toleratedLateness else { return nil }
        return (stopped, "it was told to stop before that")
    }

    /// Up to when there is certainly everything.
    private func lastKnown(_ map: (Int64) -> Int64?) -> Int64? {
        if let through, let time = map(through.time) { return min(time, through.heard) }
        return started.flatMap { map($0.after) } ?? moment
    }
}
