import TraceClock

/// A node whose true clock is known: piecewise constant rate against the controller's clock.
///
/// True times are doubles relative to `controllerBase`, below 2^53 / 1024 ns, so a double keeps them to 1/1024 ns.
struct SimulatedNode {
    let controllerBase: Int64
    let agentBase: Int64
    /// Step (ns) to which each clock's readings are truncated.
    var agentResolution: Int64 = 1
    var controllerResolution: Int64 = 1
    private(set) var pieces: [(start: Double, agent: Double, rate: Double)]

    /// `rates` are the agent's deviations from 1, each for `span` ns; the last one stays.
    init(controllerBase: Int64, agentBase: Int64, rates: [Double], span: Double) {
        self.controllerBase = controllerBase
        self.agentBase = agentBase
        pieces = []
        var agent = 0.0
        for (index, rate) in rates.enumerated() {
            pieces.append((Double(index) * span, agent, rate))
            agent += span * (1 + rate)
        }
    }

    /// The agent's clock jumps by `by` ns at the true time `at`, after which the last rate holds.
    mutating func step(at: Double, by: Double) {
        let agent = exactAgent(at) + by
        let rate = pieces.last { $0.start <= at }?.rate ?? 0
        pieces.removeAll { $0.start >= at }
        pieces.append((at, agent, rate))
    }

    func exactAgent(_ time: Double) -> Double {
        let piece = pieces.last { $0.start <= time } ?? pieces[0]
        return piece.agent + (time - piece.start) * (1 + piece.rate)
    }

    /// What the agent's clock shows at a true time.
    func agent(_ time: Double) -> Int64 {
        let exact = Int64(exactAgent(time).rounded(.down))
        return agentBase + exact - exact % agentResolution
    }

    /// What the controller's clock shows at a true time.
    func controller(_ time: Double) -> Int64 {
        let exact = Int64(time.rounded(.down))
        return controllerBase + exact - exact % controllerResolution
    }

    /// Whether a bound holds the true time.
    func truth(_ time: Double, isIn mapped: MappedTime) -> Bool {
        let low = mapped.lower == .min ? -Double.infinity : Double(mapped.lower - controllerBase)
        let high = mapped.upper == .max ? Double.infinity : Double(mapped.upper - controllerBase)
        return low <= time && time <= high
    }

    /// A probe sent at a true time over a link with the given delays and hold (ns), and the true time of its reply's
    /// arrival.
    func probe(at time: Double, forward: Double, hold: Double, back: Double) -> (probe: ClockProbe, done: Double) {
        let arrive = time + forward
        let leave = arrive + hold
        let done = leave + back
        return (ClockProbe(t1: controller(time), t2: agent(arrive), t3: agent(leave), t4: controller(done)), done)
    }
}
