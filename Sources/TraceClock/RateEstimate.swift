/// A guess at a node's clock: where its line runs and with what slope. It moves the estimate inside the bound and
/// never the bound itself, so a wrong guess costs accuracy and nothing else.
///
/// The probe with the least delay of each stretch of time is kept; the slope is taken between the best old one
/// and the best new one, and the line goes through the best of late, where a probe ages by 15 ppm (the PHI of RFC 5905).
struct RateEstimate: Sendable {
    /// Slope less 1 in units of 2^-60; 0 until it is measured.
    private(set) var slope: Int64 = 0
    private var stretches: [Sample] = []
    private var stretchStart: Int64 = 0
    private var best: Sample?

    struct Sample: Sendable {
        let agent: Int64
        /// Controller time in the middle of the exchange, ns.
        let controller: Int64
        /// Half the delay: how wrong `controller` can be, ns.
        let error: Int64
    }

    /// Agent time per kept probe, ns.
    static let stretch: Int64 = 4_000_000_000
    /// Kept probes: the slope looks back two minutes.
    static let capacity = 32
    /// A slope that can be wrong by more than this (100 ppm) is not used.
    static let coarsestSlope: Int64 = (1 << 60) / 10_000

    /// Takes a probe in; `rate` limits the slope.
    mutating func add(_ probe: ClockProbe, _ rate: RateRange) {
        let sample = Sample(
            agent: probe.t2 / 2 + probe.t3 / 2, controller: probe.t1 / 2 + probe.t4 / 2, error: probe.delay / 2)
        if let last = stretches.last, sample.agent &- stretchStart < Self.stretch {
            if sample.error < last.error { stretches[stretches.count - 1] = sample }
        } else {
            if stretches.count == Self.capacity { stretches.removeFirst() }
            stretches.append(sample)
            stretchStart = sample.agent
        }
        if best.map({ sample.error <= Self.aged($0, at: sample.agent) }) ?? true { best = sample }
        measure(rate)
    }

    /// After a break the line is gone; the oscillator, and so its slope, is likely the same.
    mutating func restart() {
        stretches.removeAll(keepingCapacity: true)
        best = nil
    }

    /// The guessed controller time at agent time `time`, ns.
    func controllerTime(at time: Int64) -> Int64? {
        guard let best else { return nil }
        let run = Int128(time) - Int128(best.agent)
        return Int64(clamping: Int128(best.controller) + run + (run * Int128(slope)) >> 60)
    }

    private static func aged(_ sample: Sample, at time: Int64) -> Int64 {
        let age = max(time &- sample.agent, 0)
        return sample.error &+ age / 66_667
    }

    private mutating func measure(_ rate: RateRange) {
        guard stretches.count >= 2 else { return }
        let half = stretches.count / 2
        guard let old = stretches[..<half].min(by: { $0.error < $1.error }),
            let new = stretches[half...].min(by: { $0.error < $1.error })
        else { return }
        let run = Int128(new.agent) - Int128(old.agent)
        guard run > 0 else { return }
        let unit = Int128(1) << 60
        let doubt = (Int128(old.error) + Int128(new.error)) * unit / run
        guard doubt <= Int128(Self.coarsestSlope) else { return }
        let rise = Int128(new.controller) - Int128(old.controller) - run
        slope = rate.clamp(slope: Int64(clamping: rise * unit / run))
    }
}
