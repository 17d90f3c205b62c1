import NIOCore
import SystemFacts
import TestSupport
import TraceProtocol

@testable import AgentCore

/// A node's machine: its clock, and its kernel's instances. It outlives agents.
final class SimulatedMachine {
    let name: String
    let world: World
    let plan: NodePlan
    private let index: Int
    /// All that were ever made.
    private(set) var instances: [SimulatedInstance] = []
    /// What agents have taken out of rings and may not have spooled, the earlier agents' first.
    private var buffers: [SimulatedReadBuffer] = []
    /// The files of the present agent, or of the last one.
    private(set) var folder: AgentFolder
    private let parent: String
    private var generator: SplitMix64
    private var folders = 0

    /// - Parameter parent: a real folder, for the files of its agents.
    init(_ index: Int, _ plan: NodePlan, in world: World, files parent: String) {
        self.parent = parent
        generator = world.generator("files", index)
        self.index = index
        self.plan = plan
        self.world = world
        name = Self.names[index]
        folder = AgentFolder("\(parent)/\(name)")
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

    /// An instance of a dead agent, for its successor.
    func inherit(_ session: UInt64, by process: SimulatedProcess) -> SimulatedInstance? {
        let found = instances.last { $0.session == session && !$0.isRemoved && !$0.owner.isAlive }
        found?.owner = process
        return found
    }

    /// What the guard of an agent does when its grace is over, or with all instances of dead agents the next agent at its
    /// start.
    ///
    /// - Parameter dead: the agent whose guard it is.
    func removeLeftovers(of dead: SimulatedProcess? = nil) {
        for instance in instances where !instance.owner.isAlive && !instance.isRemoved {
            guard dead == nil || instance.owner === dead else { continue }
            world.story?.add(name, dead == nil ? "the agent removes what is left" : "the guard removes what is left")
            instance.remove(at: world.now)
        }
    }

    /// What was ever recorded of a session: more than once when an agent was restarted while it prepared.
    func instances(of session: UInt64) -> [SimulatedInstance] { instances.filter { $0.session == session } }

    // MARK: Files

    /// The agent has died.
    func inheritFolder() {
        folders += 1
        folder = folder.copy(to: "\(parent)/\(name)\(folders)", &generator)
    }

    /// An agent dies while it writes a frame to its spool.
    func tear(_ frame: Frame, of stream: SessionStream) {
        var body = frame.body
        body.setInteger(stream.session, at: body.readerIndex)
        body.setInteger(stream.lastSequence + 1, at: body.readerIndex + 8)
        var record = [UInt8](repeating: 0, count: SpoolRecord.headLength)
        record.withUnsafeMutableBytes { SpoolRecord.writeHead(of: Frame(frame.type, body), into: $0) }
        record += Array(body.readableBytesView)
        folder.append(record.prefix(generator.below(record.count + 1)), toSpoolOf: stream.session)
    }

    func readBuffer(_ session: UInt64, cpu: Int) -> SimulatedReadBuffer {
        let buffer = SimulatedReadBuffer(session, cpu: cpu)
        buffers.append(buffer)
        return buffer
    }

    /// What agents that died had just read of a session.
    func takeReads(of session: UInt64) -> [SimulatedReadBuffer] {
        let taken = buffers.filter { $0.session == session && $0.events != nil }
        buffers.removeAll { $0.session == session }
        return taken
    }
}
