import SystemFacts
import TraceProtocol

/// A session of an agent that died, of which nothing is left in the kernel but its account: its totals were written down,
/// and may not have come.
final class EndedSession: NodeSession {
    private(set) var finish: WireFinish
    private let delivery: SessionDelivery

    init(_ finish: WireFinish, _ delivery: SessionDelivery) {
        self.finish = finish
        self.delivery = delivery
    }

    func prepared() -> WirePrepared { WirePrepared() }

    func start(at moment: MonotonicRawInstant?) throws -> WireStarted {
        throw WireRefusal(.wrongState, "the session has ended")
    }

    func stop(at moment: MonotonicRawInstant?) -> WireStopping { finish.stopped }

    func finish(reason: String, note: (WireFinish) -> Void) throws {
        delivery.stream.append(try .numbered(.finish, finish))
    }

    func refreshThreads(_ wanted: Set<Int32>) -> Bool { false }

    func watermark() -> PendingWatermark? { nil }

    func state() -> WireSessionState? { nil }

    func detach() {}

    func remove(inBackground: Bool) {}

    /// Everything that the kernel has not lost, and that has not come, is lost with its agent.
    func resume(_ resumption: Resumption) throws {
        let before = finish.stopped.after
        let read = finish.cpus.map { cpu in
            (cpu.cpu, DeadRead(events: cpu.recorded - min(cpu.recorded, cpu.lost), before: before))
        }
        let inheritance = Inheritance(
            Dictionary(read, uniquingKeysWith: { first, _ in first }), resumption, reason: Self.lossReason)
        if !inheritance.loss.cpus.isEmpty {
            delivery.stream.append(try .numbered(.loss, inheritance.loss))
        }
        for index in finish.cpus.indices {
            finish.cpus[index].sent = 0
            inheritance.add(to: &finish.cpus[index])
        }
        delivery.onDrained()
    }

    static let lossReason = "the agent that had them died"
}
