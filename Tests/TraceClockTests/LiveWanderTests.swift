import TestSupport
import Testing

@testable import TraceClock

/// A live clock that assumes a steady rate: narrower while that is true, and saying so soon after it is not.
struct LiveWanderTests {
    /// A line as it was printed.
    private struct Line {
        let time: Double
        let isIn: Bool
        let isMarked: Bool
        let half: Double
    }

    /// Probes every 40 ms over a path of `least` ns in each direction, and a line each millisecond, printed when a probe
    /// after it has come.
    private func played(
        _ node: SimulatedNode, seconds: Int, least: Double = 60e3, back: Double? = nil, scale: Double = 10e3,
        wander: ClockWander? = .standard, seed: UInt64 = 1
    ) -> [Line] {
        var random = SplitMix64(seed: seed)
        var clock = LiveClock(wander: wander)
        var lines: [Line] = []
        var printed = 0.0
        for index in 0..<seconds * 25 {
            let now = Double(index) * 40e6
            let probe = node.probe(
                at: now, forward: random.delay(least: least, scale: scale), hold: 2000,
                back: random.delay(least: back ?? least, scale: scale)
            ).probe
            _ = clock.observe(probe)
            // Up to a moment between the last probe and this one.
            let through = now - 10e6
            guard through > printed else { continue }
            clock.freeze(through: node.agent(through))
            for event in stride(from: printed + 1e6, through: through, by: 1e6) {
                let time = clock.mapNext(node.agent(event))
                lines.append(
                    Line(
                        time: event, isIn: node.truth(event, isIn: time), isMarked: time.quality != .bounded,
                        half: Double(time.bound.halfWidth ?? .max)))
            }
            printed = through
        }
        return lines
    }

    private func node(_ rates: [Double], span: Double = 10e9) -> SimulatedNode {
        SimulatedNode(controllerBase: 1 << 60, agentBase: 1 << 50, rates: rates, span: span)
    }

    private func p99(_ lines: [Line], from: Double) -> Double {
        let halves = lines.filter { $0.time > from }.map(\.half).sorted()
        return halves.isEmpty ? .infinity : halves[halves.count * 99 / 100]
    }

    @Test("A rate that keeps to the wander: every truth in its bound, no mark, and half the width near the least delay")
    func steady() {
        var random = SplitMix64(seed: 7)
        var (narrow, wide) = (0.0, 0.0)
        for seed in 0..<12 as Range<UInt64> {
            let base = Double.random(in: -480e-6...480e-6, using: &random)
            let rates = (0..<8).map { _ in base + Double.random(in: -0.5e-6...0.5e-6, using: &random) }
            let least = Double.random(in: 8e3...400e3, using: &random)
            let steady = node(rates, span: 2.5e9)
            let lines = played(steady, seconds: 20, least: least, scale: least / 2, seed: seed)
            let hard = played(steady, seconds: 20, least: least, scale: least / 2, wander: nil, seed: seed)
            let (wrong, marked) = (lines.count { !$0.isIn }, lines.count(where: \.isMarked))
            #expect(lines.count > 19_000 && wrong == 0 && marked == 0, "seed \(seed): \(wrong) wrong, \(marked) marked")
            narrow = max(narrow, p99(lines, from: 4e9) / least)
            wide = max(wide, p99(hard, from: 4e9) / least)
        }
        #expect(narrow < 1.6 && wide > narrow + 0.3, "\(narrow), and \(wide) without the assumption")
    }

    @Test(
        "A rate that changes within the stated range: no line is wrong without a mark, and marks end",
        arguments: [3e-6, -20e-6, 50e-6, 450e-6])
    func change(by: Double) {
        for least in [10e3, 60e3, 500e3] {
            let lines = played(node([20e-6, 20e-6, 20e-6 + by]), seconds: 60, least: least, scale: least / 4)
            let wrong = lines.count { !$0.isIn && !$0.isMarked }
            #expect(lines.count > 59_000 && wrong == 0, "\(least) ns: \(wrong) wrong")
            let early = lines.count { $0.time < 19e9 && $0.isMarked }
            let late = lines.count { $0.time > 50e9 && $0.isMarked }
            #expect(early == 0 && late == 0, "\(least) ns: \(early) marked before the change, \(late) long after")
        }
    }

    @Test("Where one direction is much slower, its own movement gives a changed rate away")
    func asymmetry() {
        let lines = played(node([0, 0, 100e-6]), seconds: 60, least: 5e6, back: 1e6, scale: 50e3)
        let wrong = lines.count { !$0.isIn && !$0.isMarked }
        #expect(lines.count > 59_000 && wrong == 0, "\(wrong) wrong")
    }

    @Test("A clock that swings is never held to be steady, and its lines are as without the assumption")
    func swing() {
        // 40 ppm to and fro each 5 s.
        let lines = played(node((0..<12).map { $0 % 2 == 0 ? 40e-6 : -40e-6 }, span: 5e9), seconds: 60)
        let wrong = lines.count { !$0.isIn && !$0.isMarked }
        #expect(lines.count > 59_000 && wrong == 0, "\(wrong) wrong")
    }
}
