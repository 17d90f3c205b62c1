import Searching

extension RefinedClock {
    /// Whether the probes refute the stated wander anywhere.
    public var isWanderRefuted: Bool {
        pieces.contains { if case .epoch(let epoch) = $0 { epoch.isRefuted } else { false } }
    }

    /// Appends an epoch in blocks, each under the rate range that its window shows with the wander allowance. What lies
    /// farther than a block from every probe rests on the rate range alone.
    mutating func append(_ epoch: EpochSplit.Epoch, doubtful: [ClockSample], under wander: ClockWander) {
        let samples = RefinedEpoch.ordered(epoch.samples)
        guard let head = samples.first, let tail = samples.last else { return }
        var doubtful = doubtful
        var first = epoch.first
        let assumptions = assumptions
        func add(through last: Int64, _ window: ArraySlice<ClockSample>, under wander: ClockWander?) {
            guard first <= last else { return }
            append(doubtful: doubtful) { floor in
                Self.refined(Array(window), first: first, last: last, floor: floor, assumptions, under: wander)
            }
            first = last &+ 1
            doubtful = []
        }
        add(through: min(head.agent &- wander.block &- 1, epoch.last), samples[...], under: nil)
        let end = min(tail.agent &+ wander.block, epoch.last)
        while first <= end {
            let begin = max(first, head.agent)
            // Each block ends at a probe, so there are no more blocks than probes. The last one takes what is left.
            let next = Self.index(of: begin &+ wander.block, in: samples)
            let isLast = next == samples.count || tail.agent &- samples[next].agent < wander.block
            let last = isLast ? end : min(samples[next].agent, end)
            let window = samples[
                Self.index(of: begin &- wander.block, in: samples)..<Self.index(of: last &+ wander.block, in: samples)]
            // A mean over a long silence says little of any moment.
            let isShort = last &- begin < 4 &* wander.block
            add(through: last, window.isEmpty ? samples[...] : window, under: isShort ? wander : nil)
        }
        add(through: epoch.last, samples[...], under: nil)
    }

    /// The index of the first sample at or after `time`.
    private static func index(of time: Int64, in samples: [ClockSample]) -> Int {
        samples.partitioningIndex { $0.agent >= time }
    }

    /// One block. The allowance doubles until the window's probes do not refute it, and once more: the least allowance
    /// that they admit is not a likely one.
    private static func refined(
        _ window: [ClockSample], first: Int64, last: Int64, floor: Int64, _ assumptions: ClockAssumptions,
        under wander: ClockWander?
    ) -> RefinedEpoch {
        func epoch(_ samples: [ClockSample], _ rate: RateRange, isRefuted: Bool) -> RefinedEpoch {
            RefinedEpoch(
                samples, first: first, last: last, floor: floor, rate, followsMessages: false, isRefuted: isRefuted)
        }
        let steady = wander.flatMap { SteadyWindow(window, assumptions.rate, $0) }
        guard let wander, let steady else { return epoch(window, assumptions.rate, isRefuted: false) }
        let isRefuted = !steady.admits(wander.slope)
        var allowance = wander.slope
        if isRefuted {
            repeat { allowance = allowance &* 2 } while allowance < SteadyWindow.widest && !steady.admits(allowance)
            allowance = allowance &* 2
        }
        guard steady.admits(allowance), let (samples, rate) = steady.samples(under: allowance) else {
            return epoch(window, assumptions.rate, isRefuted: true)
        }
        return epoch(samples, rate, isRefuted: isRefuted)
    }
}
