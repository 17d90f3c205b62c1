import Testing

@testable import TraceClock

struct MessageConstraintTests {
    /// Two nodes with constant rates, the second over a link of 20 ms; messages of 80 us between them in both
    /// directions.
    struct Pair {
        var near = SimulatedNode(controllerBase: 1 << 55, agentBase: 1 << 40, rates: [120e-6], span: 1)
        var far = SimulatedNode(controllerBase: 1 << 55, agentBase: 1 << 42, rates: [-300e-6], span: 1)
        var nearClock: RefinedClock
        var farClock: RefinedClock
        /// True times of send and receive, and whether the near node sent.
        var messages: [(sent: Double, received: Double, isFromNear: Bool)] = []

        init(delay: Double = 80_000, nearDelay: Double = 30_000, farResolution: Int64 = 1) {
            far.agentResolution = farResolution
            let (near, far) = (near, far)
            let stated = ClockAssumptions(rate: .standard, agentResolution: farResolution)
            func probes(_ node: SimulatedNode, delay: Double) -> [ClockProbe] {
                (0..<20).map { node.probe(at: Double($0) * 50e6 + 0.3, forward: delay, hold: 1000, back: delay).probe }
            }
            nearClock = RefinedClock(probes: probes(near, delay: nearDelay))
            farClock = RefinedClock(probes: probes(far, delay: 10e6), assumptions: stated)
            for index in 0..<200 {
                // On the near node's probes and between them.
                let time = 5e6 * Double(index) + 500
                messages.append((time, time + delay, index % 2 == 0))
            }
        }

        mutating func tightenFar() -> Int {
            var constraints: [MessageConstraint] = []
            for message in messages {
                let atNear = near.agent(message.isFromNear ? message.sent : message.received)
                let atFar = far.agent(message.isFromNear ? message.received : message.sent)
                let near = nearClock.map(atNear)
                constraints.append(
                    message.isFromNear ? .received(at: atFar, after: near) : .sent(at: atFar, by: near))
            }
            return farClock.tighten(constraints).used
        }
    }

    @Test func messagesTightenAClockBehindASlowLink() {
        var pair = Pair()
        let before = pair.farClock.map(pair.far.agent(500e6)).bound.width ?? 0
        #expect(before > 19_000_000)
        #expect(pair.tightenFar() > 100)
        for event in stride(from: 0, to: 1000e6, by: 1.7e6) {
            let time = pair.farClock.map(pair.far.agent(event))
            #expect(time.quality == .bounded && pair.far.truth(event, isIn: time), "\(event): \(time)")
        }
        let after = pair.farClock.map(pair.far.agent(500e6)).bound.width ?? .max
        #expect(after < 250_000, "\(before) ns before, \(after) ns after")
    }

    @Test(arguments: [1, 1000] as [Int64])
    func instantMessagesLeaveTheTruthInside(resolution: Int64) {
        var pair = Pair(delay: 0, nearDelay: 0, farResolution: resolution)
        #expect(pair.tightenFar() > 100)
        for message in pair.messages {
            // Right after the message its bound must not claim the part of a step that its reading had lost.
            for offset in stride(from: 0.0, to: 2000, by: 100) {
                let event = message.sent + offset
                let time = pair.farClock.map(pair.far.agent(event))
                #expect(time.quality == .bounded && pair.far.truth(event, isIn: time), "\(event): \(time)")
            }
        }
    }

    @Test func afterTighteningNoMessageIsInverted() {
        var pair = Pair()
        _ = pair.tightenFar()
        // The near node's clock keeps to the middle of its bound as well.
        let sends = pair.messages.filter(\.isFromNear).map { pair.near.agent($0.sent) }
        #expect(
            pair.nearClock.tighten(sends.map { MessageConstraint(agentTime: $0, bound: pair.nearClock.map($0).bound) })
                .used > 0)
        for message in pair.messages {
            let near = pair.nearClock.map(pair.near.agent(message.isFromNear ? message.sent : message.received))
            let far = pair.farClock.map(pair.far.agent(message.isFromNear ? message.received : message.sent))
            #expect(message.isFromNear ? near.estimate < far.estimate : far.estimate < near.estimate)
        }
    }

    @Test func messagesThatCannotBeAreRefused() {
        var pair = Pair()
        let early = pair.near.agent(100e6)
        let before = pair.nearClock.map(early)
        let wrong = [
            MessageConstraint(agentTime: early, bound: ClockBound(lower: before.upper + 1000, upper: .max)),
            MessageConstraint(agentTime: -5, bound: .unbounded),
            MessageConstraint(agentTime: early, bound: ClockBound(lower: .max, upper: .min)),
            MessageConstraint(agentTime: early, bound: ClockBound(lower: .min, upper: .max - 1)),
        ]
        let outcome = pair.nearClock.tighten(wrong)
        #expect(outcome.used == 0 && outcome.refused.count == 1)
        #expect(pair.nearClock.map(early) == before)
    }

    @Test func breaksSurviveTightening() {
        var node = ClockBreakTests.node()
        node.step(at: 777e6, by: 40e6)
        var clock = ClockBreakTests.run(node).refined
        let good = [200e6, 1100e6].map {
            MessageConstraint(agentTime: node.agent($0), bound: clock.map(node.agent($0)).bound)
        }
        #expect(clock.tighten(good).used == 2)
        var last = Int64.min
        for event in stride(from: 0, to: 1400e6, by: 1e6) {
            let time = clock.map(node.agent(event))
            #expect(node.truth(event, isIn: time) && time.estimate >= last && time.bound.contains(time.estimate))
            last = time.estimate
        }
        #expect(clock.map(node.agent(790e6)).quality == .degraded)
    }
}
