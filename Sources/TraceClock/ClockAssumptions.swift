/// The assumptions under which a bound holds: the part of a clock's behaviour that probes cannot show.
public struct ClockAssumptions: Sendable, Hashable {
    /// The range of the agent clock's rate between breaks.
    public let rate: RateRange
    /// How far (ns) a reading of the agent's clock may lag behind its true value: the reading is truncated to the
    /// counter's step. 1 for a TSC, about 42 for a 24 MHz counter.
    public let agentResolution: Int64
    /// The same for the controller's clock, in ns.
    public let controllerResolution: Int64

    /// The coarsest resolution (ns) accepted: 10 ms, a jiffy at 100 Hz.
    public static let coarsestResolution: Int64 = 10_000_000

    /// ±500 ppm, and clocks read to the nanosecond.
    public static let standard = ClockAssumptions(rate: .standard)

    /// Resolutions (ns) are clamped to 1 ... `coarsestResolution`.
    public init(rate: RateRange, agentResolution: Int64 = 1, controllerResolution: Int64 = 1) {
        self.rate = rate
        self.agentResolution = min(max(agentResolution, 1), Self.coarsestResolution)
        self.controllerResolution = min(max(controllerResolution, 1), Self.coarsestResolution)
    }

    /// The controller time (ns, rounded up) that can pass within one step of the agent's clock.
    var readingSpan: Int64 { rate.greatestElapsed(over: agentResolution) }
}
