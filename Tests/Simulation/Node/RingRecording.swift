import NIOCore
import SystemFacts
import TraceProtocol
import Tracefs

@testable import AgentCore

/// A session's part in the simulated kernel, as `TracingSession` is in a real one.
final class RingRecording: NodeSession {
    private let instance: SimulatedInstance
    private let machine: SimulatedMachine
    private let process: SimulatedProcess
    private let delivery: SessionDelivery
    private(set) var taps: [SimulatedTap] = []
    private var stopped: WireStopping?
    private let readers: SimulatedReaders

    init(
        _ instance: SimulatedInstance, _ machine: SimulatedMachine, _ process: SimulatedProcess,
        _ delivery: SessionDelivery, readers: SimulatedReaders
    ) throws {
        self.instance = instance
        self.machine = machine
        self.process = process
        self.delivery = delivery
        self.readers = readers
        let remaining = Countdown(instance.rings.count, then: delivery.onDrained)
        taps = instance.rings.map { ring in
            SimulatedTap(ring, of: instance, machine, process, delivery.stream) { remaining.step() }
        }
        delivery.stream.append(try .numbered(.metadata, WireNodeMetadata()))
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

    func finish(reason: String, note: (WireFinish) -> Void) throws {
        var finish = WireFinish()
        finish.reason = reason
        if let stopped { finish.stopped = stopped }
        for tap in taps {
            finish.cpus.append(
                .with {
                    $0.cpu = UInt32(tap.ring.cpu)
                    $0.sent = tap.events
                    let uncounted = machine.plan.bug == .lossUncounted ? tap.ring.overrun : 0
                    $0.recorded = UInt64(tap.ring.times.count - uncounted)
                    $0.lost = UInt64(tap.ring.overrun - uncounted)
                })
            if tap.ring.unread > 0 { finish.incomplete = true }
        }
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
}
