import TraceProtocol

/// What a node sends and what its agent costs, for each second.
struct NodeRates {
    /// Of numbered frames.
    private(set) var bytes: UInt64 = 0
    private(set) var events: UInt64 = 0
    /// Of one CPU, between the last two vitals.
    private(set) var cpuPermille: UInt32 = 0

    private var seen = Node.Traffic()
    private var seenAt: Int64 = 0
    private var cpu: (total: UInt64, at: Int64)?

    /// - Parameter now: ns; about a second after the last time.
    mutating func measure(_ traffic: Node.Traffic, now: Int64) {
        let elapsed = UInt64(max(now - seenAt, 1))
        if seenAt != 0 {
            bytes = Self.perSecond(traffic.bytes &- seen.bytes, elapsed)
            events = Self.perSecond(traffic.events &- seen.events, elapsed)
        }
        (seen, seenAt) = (traffic, now)
    }

    /// - Parameters:
    ///   - cpu: user and system time of the agent since it began; ns. A lower one than before is another agent's.
    ///   - now: ns.
    mutating func measure(cpu total: UInt64, now: Int64) {
        if let cpu, total >= cpu.total, now > cpu.at {
            cpuPermille = UInt32(clamping: (total - cpu.total).multipliedFullWidth(by: 1000).low / UInt64(now - cpu.at))
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
    func observe(_ vitals: WireVitals, now: Int64) {
        self.vitals = vitals
        rates.measure(cpu: vitals.cpuNs, now: now)
    }

    /// Called about every second.
    func measure(now: Int64, epochOffset: Int64) {
        rates.measure(traffic, now: now)
        guard link != nil else { return }
        clockHistory.sample(
            bound: clockBound(at: now), driftPartsPerMillion: clock.driftPartsPerMillion, at: now &+ epochOffset)
    }
}
