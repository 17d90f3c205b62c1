import NIOCore
import SystemFacts
import TraceProtocol

@testable import AgentCore

/// One agent's view of its machine's kernel.
final class SimulatedNodeKernel: NodeKernel, @unchecked Sendable {
    private let machine: SimulatedMachine
    private let process: SimulatedProcess
    private let readers: SimulatedReaders

    init(_ machine: SimulatedMachine, _ process: SimulatedProcess, readers: SimulatedReaders) {
        self.machine = machine
        self.process = process
        self.readers = readers
    }

    func prepare(_ request: WirePrepare, _ delivery: SessionDelivery) throws -> any NodeSession {
        guard process.step() else { throw WireRefusal(.io, "the agent is dead") }
        let instance = machine.make(delivery.session, owner: process)
        let recording = RingRecording(
            instance, machine, process, delivery, readers: readers, .with { $0.request = request })
        try recording.sendMetadata()
        recording.attach()
        return recording
    }

    /// As `TracefsKernel` and `TracingSession` do it.
    func takeOver(
        _ left: JournaledSession, _ delivery: SessionDelivery, giveUp: String?
    ) throws -> any NodeSession {
        if let finish = left.finish { return EndedSession(finish, delivery) }
        guard process.step(), let instance = machine.inherit(delivery.session, by: process) else {
            throw WireRefusal(.io, "its instance is gone")
        }
        machine.world.story?.add(process.name, "takes its predecessor's session over")
        instance.catchUp(to: machine.world.now)
        if let giveUp { return EndedSession(end(instance, left, because: giveUp), delivery) }
        let now = machine.clock.nanoseconds
        let dead = instance.rings.map { (UInt32($0.cpu), DeadRead(events: UInt64($0.readEvents), before: now)) }
        let recording = RingRecording(
            instance, machine, process, delivery, readers: readers, left.prepared,
            dead: Dictionary(uniqueKeysWithValues: dead))
        if let halt = left.stopping { recording.stop(as: halt) }
        return recording
    }

    private func end(_ instance: SimulatedInstance, _ left: JournaledSession, because reason: String) -> WireFinish {
        let now = machine.world.now
        if process.step() { instance.switchOff(at: now) }
        var finish = WireFinish()
        finish.reason = reason
        finish.stopped.before = machine.clock(at: now)
        finish.stopped.after = machine.clock(at: now)
        for ring in instance.rings {
            finish.cpus.append(
                .with {
                    $0.cpu = UInt32(ring.cpu)
                    $0.recorded = UInt64(ring.times.count)
                    // What nobody reads any more is lost with the agents.
                    $0.lost = UInt64(ring.overrun)
                })
        }
        if process.step() { instance.remove(at: now) }
        return finish
    }

    func excludedThreads(_ processes: [Int32]) -> Set<Int32> { [] }

    func removeStaleProbes() -> [StaleProbes.Removal] { [] }

    func shutDown() {}
}

/// An inventory of a node that has nothing.
struct EmptyInventory: Inventory {
    let loop: SimulatedLoop

    func names(_ request: WireListNames) -> EventLoopFuture<WireNameList> { loop.makeSucceededFuture(WireNameList()) }

    func catalogDigest() -> EventLoopFuture<[UInt8]> { loop.makeSucceededFuture([1]) }

    func check(_ request: WireCheckProbes) -> EventLoopFuture<WireProbesChecked> {
        loop.makeSucceededFuture(WireProbesChecked())
    }

    func describe(operators: [UInt64: String]) -> EventLoopFuture<WireNodeDescription> {
        loop.makeSucceededFuture(WireNodeDescription())
    }

    func busiest() -> EventLoopFuture<[WireTaskLoad]> { loop.makeSucceededFuture([]) }
}
