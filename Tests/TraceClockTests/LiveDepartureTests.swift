import TestSupport
import Testing

@testable import TraceClock

/// A live clock beyond its assumptions: it marks what it prints, widens its range, and comes back.
struct LiveDepartureTests {
    /// Freezes 50 ms behind each probe and checks the events up to there, as they were printed.
    private func played(_ rates: [Double], span: Double, seed: UInt64 = 1) -> [(
        time: Double, isIn: Bool, isMarked: Bool
    )] {
        let node = SimulatedNode(controllerBase: 1 << 60, agentBase: 1 << 50, rates: rates, span: span)
        var random = SplitMix64(seed: seed)
        var clock = LiveClock()
        var found: [(time: Double, isIn: Bool, isMarked: Bool)] = []
        var printed = 0.0
        for index in 0..<1600 {
            let now = Double(index) * 50e6
            _ = clock.observe(
                node.probe(
                    at: now, forward: random.delay(least: 60e3, scale: 5000), hold: 2000,
                    back: random.delay(least: 60e3, scale: 5000)
                ).probe)
            let through = now - 50e6
            guard through > printed else { continue }
            clock.freeze(through: node.agent(through))
            for event in stride(from: printed + 1e6, through: through, by: 1e6) {
                let time = clock.mapNext(node.agent(event))
                found.append((event, node.truth(event, isIn: time), time.quality != .bounded))
            }
            printed = through
        }
        return found
    }

    @Test(arguments: [600, -600, 2000, -2000] as [Double])
    func aRateOutsideOfItsRangeIsMarkedAndHeld(partsPerMillion: Double) {
        let found = played([partsPerMillion * 1e-6], span: 60e9)
        // Before anything shows, some lines are printed.
        let later = found.filter { $0.time > 8e9 }
        let (unmarked, wrong) = (later.count { !$0.isMarked }, later.count { !$0.isIn })
        #expect(later.count > 50_000 && unmarked == 0 && wrong == 0, "\(unmarked) unmarked, \(wrong) wrong")
    }

    @Test func aClockThatComesBackIsCertainAgain() {
        let found = played([20e-6, 800e-6, 20e-6, 20e-6], span: 20e9)
        func count(_ times: Range<Double>) -> (all: Int, marked: Int, wrong: Int) {
            let some = found.filter { times.contains($0.time) }
            return (some.count, some.count { $0.isMarked }, some.count { !$0.isIn })
        }
        let (before, during, after) = (count(0..<20e9), count(26e9..<40e9), count(62e9..<79e9))
        #expect(before.all > 19_000 && before.marked == 0 && before.wrong == 0, "\(before)")
        #expect(during.marked == during.all && during.wrong == 0, "\(during)")
        #expect(after.all > 16_000 && after.marked == 0 && after.wrong == 0, "\(after)")
    }
}
