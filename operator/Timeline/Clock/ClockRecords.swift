import NIOCore
import SessionStore
import TraceClock
import TraceProtocol

/// What a node's log says of its clock, from its first record to its last: what its refined clock is made of.
struct ClockRecords {
    private var probes: [ClockProbe] = []
    /// Of a session whose trace clock is not the agent's.
    private var pairs = PairRecords()
    private var parting = ClockParting()
    private var declared: [(reason: ClockBreakReason, after: Int64)] = []
    private let capacity: Int
    /// Of so many probes one is kept.
    private var thinning = 1
    private var best: ClockProbe?
    private var pending = 0

    /// Probes kept of a node: at 20 a second all of the first 1.8 hours, in 4 MB. Of more, the quickest of two, of four,
    /// and so on.
    static let capacity = 1 << 17

    init(capacity: Int = ClockRecords.capacity) { self.capacity = max(capacity, 64) }

    /// Reads a log. What cannot be read is left out: whoever reads the log again states it.
    init(of log: consuming NodeLogReader) {
        self.init()
        var log = log
        while let item = try? log.next() {
            if case .record(let record) = item { add(record.frame) }
        }
    }

    /// Adds one record of the log; those that say nothing of the clock are passed over.
    mutating func add(_ frame: Frame) {
        switch frame.type {
        case .clockSample:
            guard let sample = try? ClockSampleFrame(frame) else { return }
            add(ClockProbe(t1: sample.t1, t2: sample.t2, t3: sample.t3, t4: sample.t4))
        case .metadata:
            guard let metadata = Self.metadata(in: frame) else { return }
            for pair in metadata.clockPairs { pairs.add(pair) }
            guard metadata.hasClockCheck, let found = parting.add(metadata.clockCheck) else { return }
            declared.append(found)
        default: break
        }
    }

    mutating func add(_ probe: ClockProbe) {
        if best.map({ probe.delay < $0.delay }) ?? true { best = probe }
        pending += 1
        guard pending == thinning, let best else { return }
        probes.append(best)
        (self.best, pending) = (nil, 0)
        if probes.count >= capacity { halve() }
    }

    /// Keeps the quicker one of each two. Fewer probes give a wider bound, which is as certain.
    private mutating func halve() {
        probes = stride(from: 0, to: probes.count - 1, by: 2).map { index in
            probes[index].delay <= probes[index + 1].delay ? probes[index] : probes[index + 1]
        }
        thinning *= 2
    }

    /// The probes that were answered by the trace clock, or by the agent's where that is another one.
    var admitted: [ClockProbe] {
        let all = probes + (best.map { [$0] } ?? [])
        return isSlewed ? all : all.filter(parting.admits)
    }

    /// Whether the trace clock is not the agent's.
    var isSlewed: Bool { !pairs.isEmpty }

    /// The clock of the events; nil without any probe.
    ///
    /// - Parameter wander: a further assumption about the agent's clock, for narrower bounds.
    func clock(wander: ClockWander? = nil) -> RefinedClock? { saved(wander: wander)?.stamps }

    /// The clocks; nil without any probe.
    ///
    /// - Parameter wander: as in `clock`.
    func saved(wander: ClockWander? = nil) -> SavedClock? {
        let probes = admitted
        guard !probes.isEmpty else { return nil }
        guard isSlewed else {
            let breaks = zip(declared, parting.spans).map { found, span in
                // Probes from then on belong to the new epoch.
                let next = probes.lazy.filter { $0.t2 >= span.until }.map(\.t1).min() ?? .max
                return DeclaredClockBreak(reason: found.reason, after: found.after, noticed: next)
            }
            return SavedClock(stamps: RefinedClock(probes: probes, declaredBreaks: breaks, wander: wander))
        }
        let agent = RefinedClock(probes: probes, wander: wander)
        // A bound that is certain may not rest on one that is not.
        let ground = agent.isWanderRefuted ? RefinedClock(probes: probes) : agent
        let pairs = pairs.all.filter(parting.admits)
        let breaks = zip(declared, parting.spans).map { found, span in
            let next = pairs.lazy.filter { $0.clock >= span.until }.map { ground.map($0.before).lower }.min() ?? .max
            return DeclaredClockBreak(reason: found.reason, after: found.after, noticed: next)
        }
        return SavedClock(stamps: RefinedClock(pairs, by: ground, declaredBreaks: breaks), agent: ground)
    }

    /// What the agent found about its clock, if the frame can say something about it.
    private static func metadata(in frame: Frame) -> WireNodeMetadata? {
        // Most metadata is long (formats, symbols) and says nothing about it.
        guard frame.body.readableBytes < 4096 else { return nil }
        var body = frame.body
        guard (try? StreamNumber(reading: &body, of: frame.type)) != nil,
            let metadata = try? Frame(.metadata, body).message() as WireNodeMetadata
        else { return nil }
        return metadata
    }
}
