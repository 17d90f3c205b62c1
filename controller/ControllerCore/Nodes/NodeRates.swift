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
    private var cpu: (total: UInt64, at: MonotonicRawInstant)?

    /// Called about every second.
    mutating func measure(_ traffic: Node.Traffic, now: MonotonicRawInstant) {
        if let seenAt {
            let elapsed = UInt64(max(now.nanoseconds - seenAt.nanoseconds, 1))
            bytes = Self.perSecond(traffic.bytes &- seen.bytes, elapsed)
            events = Self.perSecond(traffic.events &- seen.events, elapsed)
        }
        (seen, seenAt) = (traffic, now)
    }

    /// - Parameter total: user and system time of the agent since it began, ns. A lower one than before is that of
    ///   another agent.
    mutating func measure(cpu total: UInt64, now: MonotonicRawInstant) {
        if let cpu, total >= cpu.total, now > cpu.at {
            let elapsed = UInt64(now.nanoseconds - cpu.at.nanoseconds)
            cpuPermille = UInt32(clamping: (total - cpu.total).multipliedFullWidth(by: 1000).low / elapsed)
        } else {
            cpuPermille = 0
        }
        cpu = (total, now)
    }

    private static func perSecond(_ amount: UInt64, _ nanoseconds: UInt64) -> UInt64 {
        UInt64(Double(amount) * 1e9 / Double(nanoseconds))
    }
}

extension Node {
    func observe(_ vitals: WireVitals, now: MonotonicRawInstant) {
        self.vitals = vitals
        rates.measure(cpu: vitals.cpuNs, now: now)
    }

    /// Called about every second.
    ///
    /// - Parameter epochOffset: of the controller's timeline, ns.
    func measure(now: MonotonicRawInstant, epochOffset: Int64) {
        rates.measure(traffic, now: now)
        guard link != nil else { return }
        clockHistory.sample(
            bound: clockBound, driftPartsPerMillion: clock.driftPartsPerMillion,
            at: now.nanoseconds &+ epochOffset)
    }
}
