/// The probes of a saved session, cut into epochs: what is certain of each, and what lies in the gaps.
struct EpochSplit: Sendable {
    struct Epoch: Sendable {
        var samples: [ClockSample]
        /// Agent times (ns) that belong to this epoch and no other.
        var first: Int64
        var last: Int64
        /// Samples between the last certain one and the break: each bounds its own moment only.
        var doubtful: [ClockSample] = []
    }

    private(set) var epochs: [Epoch] = []
    private(set) var breaks: [ClockBreak] = []
    private(set) var rejected = 0
    private var front: ConeFront?
    private var newest: ClockProbe?
    /// The last agent time that more than one epoch can have shown.
    private var sharedThrough: Int64 = -1
    private let assumptions: ClockAssumptions

    /// - Parameter declared: breaks that the agent reported, each as the last agent time before it.
    init(_ probes: [ClockProbe], _ declared: [DeclaredClockBreak], _ assumptions: ClockAssumptions) {
        self.assumptions = assumptions
        var pending = declared.sorted { $0.noticed < $1.noticed }[...]
        for probe in probes.sorted(by: { ($0.t1, $0.t4) < ($1.t1, $1.t4) }) {
            while let next = pending.first, next.noticed <= probe.t1 {
                declare(next)
                pending.removeFirst()
            }
            do throws(ClockProbeError) {
                add(try probe.validated(under: assumptions))
            } catch {
                rejected += 1
            }
        }
        for rest in pending { declare(rest) }
    }

    private mutating func add(_ probe: ClockProbe) {
        let sample = ClockSample(unchecked: probe, assumptions)
        defer { if newest.map({ probe.t4 >= $0.t4 }) ?? true { newest = probe } }
        if let newest, probe.goesBack(behind: newest, assumptions) {
            goBack(newest, probe)
            open(sample)
        } else if let front {
            if let proof = front.contradiction(with: sample, assumptions.rate) {
                let after = min(proof.since, sample.agent &- 1)
                end(after: after)
                sharedThrough = max(sharedThrough, proof.since)
                breaks.append(ClockBreak(reason: .contradiction(excess: proof.excess), after: after, before: nil))
                open(sample)
            } else {
                self.front?.add(sample, assumptions.rate)
                epochs[epochs.count - 1].samples.append(sample)
            }
        } else {
            open(sample)
        }
    }

    private mutating func open(_ sample: ClockSample) {
        let isFirst = epochs.isEmpty && breaks.isEmpty
        let first = isFirst ? 0 : max(sample.agent, sharedThrough &+ 1)
        // An old epoch that reaches into the new one is certain only up to its last sample.
        if let old = epochs.last, old.last >= first {
            epochs[epochs.count - 1].last = min(first &- 1, old.samples.last?.agent ?? -1)
        }
        if !breaks.isEmpty, breaks[breaks.count - 1].before == nil { breaks[breaks.count - 1].before = first }
        epochs.append(Epoch(samples: [sample], first: first, last: ClockLimits.agentTime))
        front = ConeFront(sample)
    }

    /// Ends the present epoch at agent time `since`; its later samples become doubtful.
    private mutating func end(after since: Int64) {
        guard front != nil, !epochs.isEmpty else { return }
        let index = epochs.count - 1
        epochs[index].last = min(epochs[index].last, since)
        epochs[index].doubtful = epochs[index].samples.filter { $0.agent > since }
        epochs[index].samples.removeAll { $0.agent > since }
        front = nil
    }

    private mutating func goBack(_ old: ClockProbe, _ new: ClockProbe) {
        let advance = new.greatestAdvance(since: old, assumptions)
        sharedThrough = max(sharedThrough, min(old.t3 &+ advance, ClockLimits.agentTime))
        let firstShared = min(new.t2 &- advance &- 1, old.t3)
        for index in epochs.indices { epochs[index].last = min(epochs[index].last, firstShared) }
        breaks.append(
            ClockBreak(reason: .wentBackwards(by: old.t3 &- new.t2), after: old.t3, before: sharedThrough &+ 1))
    }

    private mutating func declare(_ declared: DeclaredClockBreak) {
        end(after: declared.after)
        breaks.append(ClockBreak(reason: declared.reason, after: declared.after, before: nil))
    }
}
