import TestSupport
import Testing

@testable import TraceClock

/// Messages between nodes whose true clocks are known: one near, one behind a link of 1 ms forth and 20 ms back, one
/// behind a link of 3 ms.
struct MessageTighteningTests {
    struct Run {
        let nodes: [SimulatedNode]
        let clocks: [RefinedClock?]
        var messages: [MatchedMessage] = []
        var truth: [(sent: Double, received: Double)] = []
        static let duration = 20e9

        init(seed: UInt64, wander: ClockWander?, blocks: Bool = false) {
            var random = SplitMix64(seed: seed)
            nodes = (0..<3).map { index in
                let base = Double.random(in: -300e-6...300e-6, using: &random)
                let rates = (0..<8).map { _ in base + Double.random(in: -0.4...0.4, using: &random) * 1e-6 }
                return SimulatedNode(
                    controllerBase: 1 << 50, agentBase: 1 << (41 + Int64(index)), rates: rates,
                    span: Self.duration / 8)
            }
            let links = [(30_000.0, 40_000.0), (1e6, 20e6), (3e6, 3e6)]
            clocks = zip(nodes, links).map { node, link in
                let probes = (0..<200).map { index in
                    node.probe(
                        at: Double(index) * 100e6, forward: random.delay(least: link.0, scale: 20_000), hold: 2000,
                        back: random.delay(least: link.1, scale: 20_000)
                    ).probe
                }
                return RefinedClock(probes: probes, wander: wander)
            }
            var time = 1e6
            while time < Self.duration - 50e6 {
                let sender = Int.random(in: 0..<3, using: &random)
                let receiver = (sender + Int.random(in: 1...2, using: &random)) % 3
                let received = time + random.delay(least: 60_000, scale: 30_000)
                add(sender, time, receiver, received)
                time += Double.random(in: 1e6...4e6, using: &random)
            }
        }

        mutating func add(_ sender: Int, _ sent: Double, _ receiver: Int, _ received: Double) {
            messages.append(
                MatchedMessage(
                    sender: sender, sent: nodes[sender].agent(sent), receiver: receiver,
                    received: nodes[receiver].agent(received)))
            truth.append((sent, received))
        }

        func inverted(_ clocks: [RefinedClock?]) -> Int {
            messages.count { message in
                guard let sent = clocks[message.sender]?.map(message.sent),
                    let received = clocks[message.receiver]?.map(message.received)
                else { return true }
                return received.estimate <= sent.estimate
            }
        }

        /// How many times of events lie outside of their bounds, or fall behind earlier ones.
        func violations(_ clocks: [RefinedClock?], step: Double = 1.37e6) -> Int {
            var wrong = 0
            for (node, clock) in zip(nodes, clocks) {
                var last = Int64.min
                for event in stride(from: 0, to: Run.duration, by: step) {
                    guard let time = clock?.map(node.agent(event)) else { continue }
                    if !node.truth(event, isIn: time) || time.estimate < last || !time.bound.contains(time.estimate) {
                        wrong += 1
                    }
                    last = time.estimate
                }
            }
            return wrong
        }

        func width(_ clocks: [RefinedClock?], node: Int) -> Int64 {
            clocks[node]?.map(nodes[node].agent(Self.duration / 2)).bound.halfWidth ?? .max
        }
    }

    @Test(arguments: [nil, ClockWander.standard, ClockWander(partsPerBillion: 1000, block: 2_000_000_000)])
    func noMessageIsInvertedAndEveryTruthIsInside(wander: ClockWander?) {
        for seed in 1...4 as ClosedRange<UInt64> {
            let run = Run(seed: seed, wander: wander)
            #expect(run.inverted(run.clocks) > 500, "the asymmetric link shows no inversion to mend")
            #expect(run.width(run.clocks, node: 1) > 9_500_000)
            let tightened = MessageTightening(run.clocks, run.messages)
            #expect(tightened.contradictions.isEmpty && tightened.unbounded == 0 && tightened.surrendered == 0)
            #expect(tightened.messages.count == run.messages.count)
            #expect(run.inverted(tightened.clocks) == 0)
            #expect(run.violations(tightened.clocks) == 0)
            #expect(run.width(tightened.clocks, node: 1) < 400_000, "\(run.width(tightened.clocks, node: 1)) ns")
        }
    }

    /// The bound of one node proves that a message arrived before it was sent: it is listed, and the rest is used.
    @Test func aMessageThatCannotBeIsReported() {
        var run = Run(seed: 7, wander: .standard)
        // 30 ms before it was sent.
        run.add(0, 5e9, 1, 5e9 - 30e6)
        let tightened = MessageTightening(run.clocks, run.messages)
        #expect(tightened.contradictions.map(\.message) == [run.messages[run.messages.count - 1]])
        #expect(tightened.contradictions.first?.basis == .probes && tightened.contradictions[0].excess > 1_000_000)
        #expect(run.violations(tightened.clocks) == 0)
    }

    /// The probes allow it, because the link is slow; the other messages do not.
    @Test func aMessageThatOthersContradictIsReported() {
        var run = Run(seed: 8, wander: .standard)
        run.add(0, 5e9, 1, 5e9 - 4e6)
        let tightened = MessageTightening(run.clocks, run.messages)
        #expect(tightened.contradictions.contains { $0.message == run.messages[run.messages.count - 1] })
        #expect(tightened.contradictions.allSatisfy { $0.basis == .messages })
        #expect(tightened.contradictions.count <= 4, "\(tightened.contradictions.count) were left out")
        #expect(run.violations(tightened.clocks) == 0)
    }

    /// Nothing but lies: they are listed or given up, and no time is wrong for it without a mark.
    @Test func messagesThatAreAllWrongEnd() {
        var run = Run(seed: 9, wander: .standard)
        let honest = run.messages.count
        for index in 0..<2000 { run.add(0, 1e9 + Double(index) * 5e6, 1, 1e9 + Double(index) * 5e6 - 30e6) }
        let tightened = MessageTightening(run.clocks, run.messages)
        #expect(tightened.contradictions.count >= 2000 || tightened.surrendered > 0)
        #expect(tightened.messages.count <= honest && run.violations(tightened.clocks, step: 17e6) == 0)
    }

    @Test func whatANodeSentToTheControllerBoundsIt() {
        let run = Run(seed: 3, wander: nil)
        // The controller has it 200 us after it was read: far quicker than the probes' way back.
        let readings = stride(from: 1e9, to: 19e9, by: 50e6).map { time in
            MessageConstraint(
                agentTime: run.nodes[1].agent(time),
                bound: ClockBound(lower: .min, upper: run.nodes[1].controller(time + 200_000) + 1))
        }
        let tightened = MessageTightening(run.clocks, [], readings: [1: readings])
        #expect(run.width(tightened.clocks, node: 1) < 800_000 && run.violations(tightened.clocks) == 0)
    }

    /// The controller had it before the node's clock can have shown that time.
    @Test func readingsThatCannotBeAreListed() {
        let run = Run(seed: 3, wander: nil)
        let early = MessageConstraint(
            agentTime: run.nodes[1].agent(5e9),
            bound: ClockBound(lower: .min, upper: run.nodes[1].controller(5e9 - 50e6)))
        let tightened = MessageTightening(run.clocks, [], readings: [1: [early]])
        #expect(tightened.refusedReadings.keys.sorted() == [1] && run.violations(tightened.clocks) == 0)
    }

    @Test func nodesWithoutAClockAreLeftOut() {
        let message = MatchedMessage(sender: 0, sent: 5, receiver: 1, received: 7)
        let tightened = MessageTightening([nil, nil], [message])
        #expect(tightened.unbounded == 1 && tightened.messages.isEmpty && tightened.contradictions.isEmpty)
        let unknown = MessageTightening([], [message], readings: [9: []])
        #expect(unknown.unbounded == 1)
    }
}
