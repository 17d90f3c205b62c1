import SessionStore
import SystemFacts
import TraceProtocol

/// Compares what people and disks are left with to what really happened.
struct FleetCheck {
    let fleet: FleetRun

    init(_ fleet: FleetRun) { self.fleet = fleet }

    func run() {
        if case .ended(let reading) = fleet.owner?.outcome { check(reading, "the operator's") }
        if isPromisedWhole { checkWhole() }
        for (_, files) in fleet.disk.sessions.sorted(by: { $0.key < $1.key }) { checkStored(files) }
    }

    /// Nothing has gone wrong but what costs nothing while the session runs: links that were cut, a disk that could be
    /// written again before its end, processes that others follow in time.
    private var isPromisedWhole: Bool {
        let faults = fleet.schedule.faults
        guard let opened = fleet.owner?.openedAt else { return faults.isEmpty }
        let end = fleet.schedule.begin + fleet.schedule.length
        return faults.count <= 2
            && faults.allSatisfy { time, fault in
                guard time > opened else { return false }
                return switch fault {
                case .cut, .cutOperator: true
                case .diskFails(let length): time + length + 1_500 * .millisecond < end
                case .killController(_, let back), .upgradeController(let back): back != nil
                case .upgradeAgent(let node, let back):
                    // A stop that goes into a link that leads nowhere finds nobody for 2 s.
                    fleet.schedule.nodes[node].hasJournal && back ?? .max < Self.soon
                        && !faults.contains { $0.fault == .cut(node: node, silently: true) }
                case .killAgent(let node, _, let back):
                    fleet.schedule.nodes[node].hasJournal && fleet.schedule.nodes[node].hasSpool
                        && back ?? .max < Self.soon && faults.count == 1
                default: false
                }
            }
    }

    /// A node is given up when nothing is heard of it for 6 s after the stop, ns.
    private static let soon: Int64 = .second

    private func checkWhole() {
        switch fleet.owner?.outcome {
        case .ended(let reading):
            for problem in reading.account.problems { fleet.found("nothing was lost, but: \(problem)") }
        case .refused(let reason): fleet.found("nothing went wrong, but the session was refused: \(reason)")
        case .died, .some(.none), nil: break
        }
    }

    /// A session on the controller's disk: it says the same as its operator was told, and what it lacks is stated.
    private func checkStored(_ files: SimulatedSessionFiles) {
        let reading = SessionReading(files.description)
        for (node, log) in files.logs.enumerated() { reading.append(log.bytes, of: node) }
        reading.finish(problem: files.isFinished ? files.description.problem : "it was interrupted")
        check(reading, "the stored")
        // What is owed of a node that has never recorded is another question than what there is.
        guard files.isFinished, reading.nodes.allSatisfy({ hasRecorded($0.name, reading.session) }) else { return }
        let (manifest, log) = (files.description.state, reading.account.state)
        if Self.kinds(of: manifest) != Self.kinds(of: log) {
            fleet.found("the manifest says \"\(manifest)\", the log \"\(log)\"")
        }
    }

    private func hasRecorded(_ node: String, _ session: UInt64) -> Bool {
        fleet.machines.contains { $0.name == node && $0.instances(of: session).contains { $0.began != nil } }
    }

    /// Reasons may differ, and lengths in their last digit: each knows a node's clock by as many samples as it had.
    private static func kinds(of state: String) -> [Int] {
        ["incomplete", "no record", "totals are not known", "arrived"].map { state.ranges(of: $0).count }
    }

    private func check(_ reading: SessionReading, _ whose: String) {
        let isWhole = reading.account.problems.isEmpty
        for (index, node) in reading.nodes.enumerated() {
            for fault in node.faults { fleet.found("\(whose) log of \(node.name): \(fault)") }
            guard let machine = fleet.machines.first(where: { $0.name == node.name }) else { continue }
            // One that an agent made and lost before it could start has recorded nothing.
            let instance = machine.instances(of: reading.session).last { $0.began != nil }
            let check = PartCheck(
                node: node, account: reading.account.nodes[index], machine: machine, instance: instance,
                uptime: SimulatedController.uptime, isWhole: isWhole)
            for finding in check.findings { fleet.found("\(whose) account of \(node.name): \(finding)") }
        }
    }

    /// What an agent has dropped because it was acknowledged is in the logs.
    ///
    /// - Parameter onlyKept: the power has failed, which other sessions need not survive.
    static func checkAcknowledged(_ fleet: FleetRun, onlyKept: Bool = false) {
        for (part, acknowledged) in fleet.acknowledged {
            guard let files = fleet.disk.sessions[part.session], files.description.keep || !onlyKept else { continue }
            let name = fleet.machines[part.node].name
            guard let index = files.description.nodes.firstIndex(of: name) else { continue }
            let reading = SessionReading(files.description)
            reading.append(files.logs[index].bytes, of: index)
            let stored = reading.nodes[index].sequence
            if stored < acknowledged {
                fleet.found("frames of \(name) up to \(acknowledged) were acknowledged, and \(stored) are stored")
            }
        }
    }
}
