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
        return try RingRecording(instance, machine, process, delivery, readers: readers)
    }

    /// Simulated agents keep no journal.
    func takeOver(
        _ left: JournaledSession, _ delivery: SessionDelivery, giveUp: String?
    ) throws -> any NodeSession { throw WireRefusal(.unsupported, "this kernel outlives no agent") }

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
