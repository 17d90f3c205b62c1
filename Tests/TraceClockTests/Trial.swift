import TestSupport
import TraceClock

/// One random history of a node: probes with lossy, asymmetric, heavy-tailed delays, watermarks and events.
struct Trial {
    enum Step {
        case probe(ClockProbe)
        case freeze(Int64)
    }

    let node: SimulatedNode
    /// What reaches the controller, in order of arrival.
    var steps: [(time: Double, step: Step)] = []
    /// True times of events, ascending.
    var events: [Double] = []
    /// Least one-way delay in each direction, ns.
    let leastDelays: (forward: Double, back: Double)

    var probes: [ClockProbe] { steps.compactMap { if case .probe(let probe) = $0.step { probe } else { nil } } }

    init(seed: UInt64, duration: Double = 1.5e9, interval: Double = 60e6, eventCount: Int = 40, limit: Double = 500e-6)
    {
        var random = SplitMix64(seed: seed)
        let rates: [Double] =
            switch random.next() % 4 {
            case 0: [limit]
            case 1: [-limit]
            case 2: [Double.random(in: -limit...limit, using: &random)]
            default: (0..<8).map { _ in Double.random(in: -limit...limit, using: &random) }
            }
        node = SimulatedNode(
            controllerBase: Int64.random(in: 0...2_000_000_000_000_000_000, using: &random),
            agentBase: Int64.random(in: 10_000_000_000...1_000_000_000_000_000_000, using: &random),
            rates: rates, span: duration / 8)
        leastDelays = (
            Double.random(in: 100...400_000, using: &random), Double.random(in: 100...400_000, using: &random)
        )
        let scale = Double.random(in: 10...200_000, using: &random)
        var time = Double.random(in: 0...interval, using: &random)
        while time < duration {
            let sent = time
            time += interval * Double.random(in: 0.5...1.5, using: &random)
            guard random.next() % 8 != 0 else { continue }
            let exchange = node.probe(
                at: sent, forward: random.delay(least: leastDelays.forward, scale: scale),
                hold: random.delay(least: 100, scale: 2000),
                back: random.delay(least: leastDelays.back, scale: scale))
            steps.append((exchange.done, .probe(exchange.probe)))
        }
        var watermark = 30e6
        while watermark < duration {
            let arrival = watermark + random.delay(least: leastDelays.back, scale: scale)
            steps.append((arrival, .freeze(node.agent(watermark))))
            watermark += 50e6
        }
        steps.sort { $0.time < $1.time }
        events = (0..<eventCount).map { _ in Double.random(in: 0...duration, using: &random) }.sorted()
    }
}
