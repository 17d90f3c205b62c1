/// A guess at a node's clock: where its line runs and with what slope. It moves the estimate inside the bound and
/// never the bound itself, so a wrong guess costs accuracy only.
///
/// It keeps the probe with the least delay of each stretch of time. The slope is that between the best old one and the
/// best new one. The line goes through the best recent one, where a probe ages by 15 ppm (the PHI of RFC 5905).
struct RateEstimate: Sendable {
    /// Slope less 1 in units of 2^-60; 0 until it is measured.
    private(set) var slope: Int64 = 0
    private var stretches: [Midpoint] = []
    private var stretchStart: Int64 = 0
    private var best: Midpoint?

    /// The middle of a probe: the likeliest point of the line, not a certain one as a ``ClockSample`` is.
    struct Midpoint: Sendable {
        /// Agent time halfway between receive and send, ns.
        let agent: Int64
        /// Controller time halfway between send and receive, ns.
        let controller: Int64
        /// Half the delay, ns: how far off `controller` can be.
        let halfDelay: Int64
    }

    /// Agent time for which one probe is kept, ns.
    static let stretch: Int64 = 4_000_000_000
    /// Kept probes: the slope looks back two minutes.
    static let capacity = 32
    /// A slope that can be off by more than this (100 ppm) is not used.
    static let coarsestSlope: Int64 = (1 << 60) / 10_000

    /// Adds a probe; `rate` limits the slope.
    mutating func add(_ probe: ClockProbe, _ rate: RateRange) {
        let point = Midpoint(
            agent: probe.t2 / 2 + probe.t3 / 2, controller: probe.t1 / 2 + probe.t4 / 2, halfDelay: probe.delay / 2)
        if let last = stretches.last, point.agent &- stretchStart < Self.stretch {
            if point.halfDelay < last.halfDelay { stretches[stretches.count - 1] = point }
        } else {
            if stretches.count == Self.capacity { stretches.removeFirst() }
            stretches.append(point)
            stretchStart = point.agent
        }
        if best.map({ point.halfDelay <= Self.aged($0, at: point.agent) }) ?? true { best = point }
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

    private static func aged(_ point: Midpoint, at time: Int64) -> Int64 {
        let age = max(time &- point.agent, 0)
        return point.halfDelay &+ age / 66_667
    }

    private mutating func measure(_ rate: RateRange) {
        guard stretches.count >= 2 else { return }
        let half = stretches.count / 2
        guard let old = stretches[..<half].min(by: { $0.halfDelay < $1.halfDelay }),
            let new = stretches[half...].min(by: { $0.halfDelay < $1.halfDelay })
        else { return }
        let run = Int128(new.agent) - Int128(old.agent)
        guard run > 0 else { return }
        let unit = Int128(1) << 60
        let doubt = (Int128(old.halfDelay) + Int128(new.halfDelay)) * unit / run
        guard doubt <= Int128(Self.coarsestSlope) else { return }
        let rise = Int128(new.controller) - Int128(old.controller) - run
        slope = rate.clamp(slope: Int64(clamping: rise * unit / run))
    }
}
