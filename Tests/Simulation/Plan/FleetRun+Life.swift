/// A schedule from its beginning to its end.
extension FleetRun {
    /// How long after the last fault everything must have ended, ns. A session waits 600 s at most for a node that comes and
    /// goes, and a lease runs out after 60 s.
    private static let patience: Int64 = 900 * .second

    /// How long a controller looks for what an earlier one has left, ns.
    private static let controllerStart: Int64 = 30 * .millisecond

    /// Runs the schedule.
    ///
    /// - Returns: what was found; empty when all that was promised was kept.
    static func run(_ schedule: Schedule, story: Story? = nil) -> [String] {
        let fleet = FleetRun(schedule, story: story)
        fleet.live()
        fleet.checkEnd()
        FleetCheck(fleet).run()
        let findings = fleet.findings
        fleet.dismantle()
        return findings
    }

    private func live() {
        world.isBusy()
        startController()
        for node in machines.indices {
            world.schedule(at: Self.controllerStart) { [self] in startAgent(node) }
        }
        world.schedule(at: schedule.begin) { [self] in startOperator() }
        for (time, fault) in schedule.faults {
            world.schedule(at: time) { [self] in inflict(fault) }
        }
        let end = schedule.begin + schedule.length + Self.patience
        let lastFault = schedule.faults.last?.time ?? 0
        world.run(until: end) { [self] in world.now > lastFault + 300 * .millisecond && hasEnded }
        catchUp()
    }

    /// Nothing of the session is left that is not to be kept.
    private var hasEnded: Bool {
        guard let owner, !owner.isAtWork else { return false }
        if let controller, controller.process.isAlive, controller.sessionCount > 0 { return false }
        for agent in agents.compactMap(\.self) where agent.process.isAlive && agent.sessionCount > 0 { return false }
        return machines.allSatisfy { $0.instances.allSatisfy(\.isRemoved) }
    }

    private func catchUp() {
        for instance in machines.flatMap(\.instances) { instance.catchUp(to: world.now) }
    }

    private func checkEnd() {
        if let owner, owner.isAtWork { found("the operator's command does not end") }
        if let controller, controller.process.isAlive, controller.sessionCount > 0 {
            found("the controller has \(controller.sessionCount) sessions left")
        }
        for instance in machines.flatMap(\.instances) where !instance.isRemoved && instance.ended == nil {
            if instance.began != nil { found("a session records that nobody wants") }
        }
        // Who has something for a controller that never comes back keeps it.
        guard let controller, controller.process.isAlive else { return }
        for (agent, machine) in zip(agents, machines) {
            if let agent, agent.process.isAlive, agent.sessionCount > 0 {
                found("the agent of \(machine.name) has \(agent.sessionCount) sessions left")
            }
            let left = machine.instances.filter { !$0.isRemoved }.count
            if left > 0 { found("the kernel of \(machine.name) has \(left) instances left") }
        }
    }
}
