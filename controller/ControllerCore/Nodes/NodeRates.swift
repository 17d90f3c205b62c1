import SystemFacts
import TraceProtocol

/// What a node sends and what its agent costs, for each second.
struct NodeRates {
    /// Of numbered frames.
    private(set) var bytes: UInt64 = 0
    private(set) var events: UInt64 = 0
    /// Of one CPU, between the last two vitals.
    private(set) var cpuPermille: UInt32 = 0

    private var seen = Node.Traffic()
    private var seenAt: MonotonicRawInstant?
    private var cpu: (total: Duration, at: MonotonicRawInstant)?

    /// Called about every second.
    mutating func measure(_ traffic: Node.Traffic, now: MonotonicRawInstant) {
        if let seenAt {
            let elapsed = max(seenAt.duration(to: now), .nanoseconds(1))
            bytes = Self.perSecond(traffic.bytes &- seen.bytes, elapsed)
            events = Self.perSecond(traffic.events &- seen.events, elapsed)
        }
        (seen, seenAt) = (traffic, now)
    }

    /// - Parameter total: user and system time of the agent since it began. A lower one than before is that of another
    ///   agent.
    mutating func measure(cpu total: Duration, now: MonotonicRawInstant) {
        if let cpu, total >= cpu.total, now > cpu.at {
            let used = ((total - cpu.total) * 1000).wholeNanoseconds
            cpuPermille = UInt32(clamping: used / cpu.at.duration(to: now).wholeNanoseconds)
        } else {
            cpuPermille = 0
        }
        cpu = (total, now)
    }

    private static func perSecond(_ amount: UInt64, _ elapsed: Duration) -> UInt64 {
        UInt64(Double(amount) * 1e9 / Double(elapsed.wholeNanoseconds))
    }
}

extension Node {
    func observe(_ vitals: WireVitals, now: MonotonicRawInstant) {
        self.vitals = vitals
        rates.measure(cpu: .nanoseconds(vitals.cpuNs), now: now)
    }

    /// Called about every second.
    ///
    /// - Parameter origin: of the controller's timeline.
    func measure(now: MonotonicRawInstant, origin: EpochInstant) {
        rates.measure(traffic, now: now)
        guard link != nil else { return }
        clockHistory.sample(
            bound: clockBound(now: now), driftPartsPerMillion: clock.driftPartsPerMillion,
            at: origin.timeOfDay(at: now))
    }
}
