import SystemFacts
import TraceProtocol

/// Compares what is said of one node's part to what its kernel really recorded: each event arrived once, or is stated to be
/// lost.
struct PartCheck {
    let node: SessionReading.ReadNode
    let account: SessionAccount.Node
    let machine: SimulatedMachine
    /// Nil when the node never recorded.
    let instance: SimulatedInstance?
    /// Of the controller's clock when the world began, ns.
    let uptime: Int64
    /// The session is said to be complete.
    let isWhole: Bool

    /// A gap's ends are estimates: the node's clock is known as well as its link allows. ns.
    private var slack: Int64 { 3 * .millisecond + 2 * machine.plan.latency.upperBound }
    /// An earlier controller process may have told a node to stop, and died before it wrote that down. An account states it
    /// from so many ns on.
    private static let tolerated: Int64 = .second

    var findings: [String] {
        guard let instance else {
            return node.events.isEmpty ? [] : ["events of a node that recorded nothing"]
        }
        return instance.rings.flatMap { findings(of: $0) } + (isWhole ? wholeFindings(instance) : [])
    }

    private func findings(of ring: SimulatedRing) -> [String] {
        let events = node.events[UInt32(ring.cpu)] ?? []
        var findings: [String] = []
        var last = -1
        var missing: [Range<Int>] = []
        for event in events {
            guard event < ring.times.count else {
                findings.append("CPU \(ring.cpu): event \(event) was never recorded")
                continue
            }
            if event <= last {
                findings.append("CPU \(ring.cpu): event \(event) came behind event \(last)")
            } else {
                if event > last + 1 { missing.append(last + 1..<event) }
                last = event
            }
        }
        if last + 1 < ring.times.count { missing.append(last + 1..<ring.times.count) }
        return findings + unstated(missing, of: ring)
    }

    /// What is missing and nobody says so.
    private func unstated(_ missing: [Range<Int>], of ring: SimulatedRing) -> [String] {
        guard account.refusal == nil else { return [] }
        let lost = missing.flatMap { parts($0, without: ring.overwritten) }
        let unstated = lost.filter { range in range.contains { !isStated($0, of: ring) } }
        let findings = unstated.map { "CPU \(ring.cpu): \(told($0, of: ring)) are missing and not stated: \(gaps)" }
        guard account.hasTotals else { return findings }
        let count = lost.reduce(0) { $0 + UInt64($1.count) }
        let stated = account.cpus.first { $0.cpu == UInt32(ring.cpu) }?.lostAtAgent ?? 0
        return numbers(of: ring) + findings
            + (count == stated ? [] : ["CPU \(ring.cpu): \(count) events are lost, and \(stated) stated"])
    }

    /// Whether an event that did not come lies in a time of which the account says that something is missing.
    private func isStated(_ event: Int, of ring: SimulatedRing) -> Bool {
        let time = uptime + ring.times[event]
        func covers(_ from: Int64, _ to: Int64) -> Bool {
            (from == 0 || from - slack <= time) && (to == 0 || time <= to + slack)
        }
        let isLost = account.losses.contains { $0.cpu == UInt32(ring.cpu) && covers($0.from, $0.to) }
        guard !isLost, !account.hasTotals else { return isLost }
        // What a node records after the session was told to stop is owed to nobody.
        if let stopped = node.stopped, time > stopped - slack { return true }
        return account.gaps.contains { covers($0.from, $0.to) }
    }

    private func numbers(of ring: SimulatedRing) -> [String] {
        guard let stated = account.cpus.first(where: { $0.cpu == UInt32(ring.cpu) }) else {
            return ring.times.isEmpty ? [] : ["CPU \(ring.cpu) is not in the account"]
        }
        let isRight = stated.recorded == UInt64(ring.times.count) && stated.lost == UInt64(ring.overrun)
        // A total that contradicts what arrived is a problem already.
        guard !isRight, isWhole else { return [] }
        return [
            "CPU \(ring.cpu) recorded \(ring.times.count) and lost \(ring.overrun), stated are "
                + "\(stated.recorded.map(String.init) ?? "?") and \(stated.lost.map(String.init) ?? "?")"
        ]
    }

    /// A node of a complete session recorded from the start to the stop.
    private func wholeFindings(_ instance: SimulatedInstance) -> [String] {
        guard account.refusal == nil, let stopped = node.stopped, let began = instance.began else { return [] }
        let ended = instance.ended ?? .max
        let isRestarted = node.notes.contains(.controllerRestarted)
        guard uptime + ended < stopped - slack - (isRestarted ? Self.tolerated : 0) else { return [] }
        return ["it recorded from \(began) to \(ended), and the session was stopped at \(stopped - uptime)"]
    }

    /// What is left of a range without others.
    private func parts(_ range: Range<Int>, without others: [Range<Int>]) -> [Range<Int>] {
        var rest: [Range<Int>] = []
        var start = range.lowerBound
        for other in others where other.overlaps(range) {
            if other.lowerBound > start { rest.append(start..<other.lowerBound) }
            start = max(start, other.upperBound)
        }
        if start < range.upperBound { rest.append(start..<range.upperBound) }
        return rest
    }

    private func told(_ range: Range<Int>, of ring: SimulatedRing) -> String {
        "events \(range.lowerBound) to \(range.upperBound - 1) of \(ring.times[range.lowerBound] / .microsecond) to "
            + "\(ring.times[range.upperBound - 1] / .microsecond) us"
    }

    private var gaps: String {
        let times =
            account.gaps.map { told($0.from, $0.to) }
            + account.losses.map { "\(told($0.from, $0.to)) of CPU \($0.cpu)" }
        return times.isEmpty ? "none stated" : times.joined(separator: ", ")
    }

    private func told(_ from: Int64, _ to: Int64) -> String {
        let (from, to) = (from == 0 ? 0 : from - uptime, to == 0 ? 0 : to - uptime)
        return "\(from / .microsecond) to \(to / .microsecond) us"
    }
}
