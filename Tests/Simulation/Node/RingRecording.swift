import NIOCore
import SystemFacts
import TraceProtocol
import Tracefs

@testable import AgentCore

/// A session's part in the simulated kernel, as `TracingSession` is in a real one.
final class RingRecording: NodeSession {
    let instance: SimulatedInstance
    let machine: SimulatedMachine
    let delivery: SessionDelivery
    let inheritable: WirePreparedRecording?
    private let process: SimulatedProcess
    private let readers: SimulatedReaders
    private(set) var taps: [SimulatedTap] = []
    private var stopped: WireStopping?
    /// What agents that died have read of it.
    private let deadReads: [UInt32: DeadRead]
    private var inheritance = Inheritance()

    /// - Parameters:
    ///   - prepared: for a successor of this agent; nil where none could be told.
    ///   - dead: what agents that died have read.
    init(
        _ instance: SimulatedInstance, _ machine: SimulatedMachine, _ process: SimulatedProcess,
        _ delivery: SessionDelivery, readers: SimulatedReaders, _ prepared: WirePreparedRecording,
        dead: [UInt32: DeadRead] = [:]
    ) {
        self.instance = instance
        self.machine = machine
        self.process = process
        self.delivery = delivery
        self.readers = readers
        inheritable = prepared
        deadReads = dead
        let remaining = Countdown(instance.rings.count, then: delivery.onDrained)
        taps = instance.rings.map { ring in
            SimulatedTap(ring, of: instance, machine, process, delivery.stream) { remaining.step() }
        }
    }

    func sendMetadata() throws { delivery.stream.append(try .numbered(.metadata, WireNodeMetadata())) }

    func attach() {
        for tap in taps { readers.add(tap) }
    }

    func prepared() -> WirePrepared {
        var prepared = WirePrepared()
        prepared.cpus = UInt32(taps.count)
        prepared.bufferKilobytes = 64
        return prepared
    }

    func start(at moment: MonotonicRawInstant?) throws -> WireStarted {
        guard stopped == nil else { throw WireRefusal(.wrongState, "the session was stopped before its start") }
        let now = machine.world.now
        let time = max(now, moment.map { machine.time(of: $0) } ?? now)
        if process.step() { instance.switchOn(at: time) }
        if machine.plan.bug == .silentStop {
            machine.world.schedule(at: time + 200 * .millisecond) { [instance, machine] in
                instance.switchOff(at: machine.world.now)
            }
        }
        var started = WireStarted()
        started.before = machine.clock(at: time)
        started.after = machine.clock(at: time + 5 * .microsecond)
        started.missed = moment.map { $0 < machine.clock } ?? false
        return started
    }

    @discardableResult
    func stop(at moment: MonotonicRawInstant?) -> WireStopping {
        let now = machine.world.now
        let time = max(now, moment.map { machine.time(of: $0) } ?? now)
        instance.catchUp(to: now)
        if process.step() { instance.switchOff(at: time) }
        var stopping = WireStopping()
        stopping.before = machine.clock(at: time)
        stopping.after = machine.clock(at: time + 5 * .microsecond)
        stopped = stopping
        // The real one waits for the moment before it tells the readers.
        readers.loop.perform(at: time + 10 * .microsecond) { [taps, readers] in
            for tap in taps { tap.isFinishing = true }
            readers.turn()
        }
        return stopping
    }

    /// Goes on with a stop that an agent which died had begun.
    func stop(as halt: WireRecordingHalt) {
        let wasOn = instance.ended == nil
        let change = stop(at: nil)
        guard !wasOn else { return }
        stopped = .with {
            $0.before = halt.at
            $0.after = change.after
        }
    }

    func finish(reason: String, note: (WireFinish) -> Void) throws {
        var finish = WireFinish()
        finish.reason = reason
        if let stopped { finish.stopped = stopped }
        for tap in taps {
            var totals = WireCPUTotals()
            totals.cpu = UInt32(tap.ring.cpu)
            totals.sent = tap.events
            let uncounted = machine.plan.bug == .lossUncounted ? tap.ring.overrun : 0
            totals.recorded = UInt64(tap.ring.times.count - uncounted)
            totals.lost = UInt64(tap.ring.overrun - uncounted)
            inheritance.add(to: &totals)
            finish.cpus.append(totals)
            if tap.ring.unread > 0 { finish.incomplete = true }
        }
        note(finish)
        delivery.stream.append(try .numbered(.finish, finish))
    }

    func refreshThreads(_ wanted: Set<Int32>) -> Bool { false }

    func detach() {}

    func watermark() -> PendingWatermark? {
        guard taps.allSatisfy({ $0.watermark > 0 }) else { return nil }
        return PendingWatermark(
            watermark: Watermark(
                session: delivery.session,
                entries: taps.map { .init(cpu: UInt32($0.ring.cpu), time: $0.watermark) }),
            after: delivery.stream.lastSequence)
    }

    func state() -> WireSessionState? { nil }

    func remove(inBackground: Bool) {
        for tap in taps { tap.abandon() }
        if process.step() { instance.remove(at: machine.world.now) }
    }

    // MARK: Agents that follow each other

    func resume(_ resumption: Resumption) throws {
        var resumption = resumption
        let recovered = machine.takeReads(of: delivery.session).filter { read in
            let isSpooled = resumption.lastBatches[UInt32(read.cpu)] ?? 0 > read.after
            if isSpooled { read.markKept() }
            return !isSpooled && read.events?.isEmpty == false
        }
        for read in recovered {
            resumption.undelivered[UInt32(read.cpu), default: 0] += UInt64(read.events?.count ?? 0)
        }
        inheritance = Inheritance(deadReads, resumption, reason: EndedSession.lossReason)
        if !inheritance.loss.cpus.isEmpty, machine.plan.bug != .lossUnstated {
            delivery.stream.append(try .numbered(.loss, inheritance.loss))
        }
        for read in recovered {
            guard let events = read.events, let ring = instance.rings.first(where: { $0.cpu == read.cpu }) else {
                continue
            }
            delivery.stream.append(SimulatedTap.batch(of: events, ring, machine, lost: 0)) { read.markKept() }
        }
        try sendMetadata()
        attach()
    }

    func stopReading() {
        for tap in taps { tap.abandon() }
    }

    func leave() {}
}
