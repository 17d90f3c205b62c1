import SystemFacts
import TestSupport

/// A node's machine: its clock, and its kernel's instances. It outlives agents.
final class SimulatedMachine {
    let name: String
    let world: World
    let plan: NodePlan
    private let index: Int
    /// All that were ever made.
    private(set) var instances: [SimulatedInstance] = []

    init(_ index: Int, _ plan: NodePlan, in world: World) {
        self.index = index
        self.plan = plan
        self.world = world
        name = Self.names[index]
    }

    private static let names = ["a", "b", "c", "d"]

    /// The trace clock, CLOCK_MONOTONIC_RAW of the machine.
    var clock: MonotonicRawInstant { MonotonicRawInstant(nanoseconds: clock(at: world.now)) }

    func clock(at time: Int64) -> Int64 { plan.clockOffset + time + time * plan.drift / 1_000_000 }

    /// The world's time at a moment of the trace clock.
    func time(of moment: MonotonicRawInstant) -> Int64 {
        let local = moment.nanoseconds - plan.clockOffset
        return local - local * plan.drift / (1_000_000 + plan.drift)
    }

    func make(_ session: UInt64, owner: SimulatedProcess) -> SimulatedInstance {
        let rings = (0..<plan.cpus).map { cpu in
            SimulatedRing(
                cpu: cpu, capacity: plan.ringCapacity, pause: plan.pause,
                world.generator("ring", index * 8 + cpu))
        }
        let instance = SimulatedInstance(session, owner: owner, rings: rings)
        instances.append(instance)
        return instance
    }

    /// What the guard of an agent that was killed does, or the next agent at its start.
    func removeLeftovers() {
        for instance in instances where !instance.owner.isAlive && !instance.isRemoved {
            world.story?.add(name, "the guard removes what the agent left")
            instance.remove(at: world.now)
        }
    }

    /// What was ever recorded of a session: more than once when an agent was restarted while it prepared.
    func instances(of session: UInt64) -> [SimulatedInstance] { instances.filter { $0.session == session } }
}
