import Logging
import NIOCore
import Quotas
import RecentLog
import SystemFacts
import TestSupport
import TraceProtocol

@testable import AgentCore

/// A whole agent as one process of a machine, from its start to its end.
final class AgentProcess: @unchecked Sendable {
    let process: SimulatedProcess
    let agent: Agent
    private let machine: SimulatedMachine
    private let fleet: FleetRun
    private let loop: SimulatedLoop
    private var generator: SplitMix64
    private var backoff = Backoff(shortest: AgentRuntime.shortestPause, longest: AgentRuntime.longestPause)
    private var dialled: Int64 = 0
    private var isLeaving = false

    private var world: World { machine.world }

    /// As in `AgentRuntime`.
    private static let lastingConnection: Int64 = 10 * .second
    private static let longestPauseWithSessions = Duration.seconds(3)
    private static let farewell = TimeAmount.seconds(5)

    init(on machine: SimulatedMachine, number: Int, fleet: FleetRun) {
        self.machine = machine
        self.fleet = fleet
        let world = machine.world
        process = SimulatedProcess("agent \(machine.name)", in: world)
        let base = 1_000 * number + 16 * machine.plan.index
        let loops = (0..<4).map { [process] in SimulatedLoop(process, base + $0) }
        loop = loops[0]
        generator = world.generator("agent", base)
        let log = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        let clock: @Sendable () -> MonotonicRawInstant = { [machine = Unconfined(machine)] in machine.value.clock }
        let readers = SimulatedReaders(loops[3])
        let control = ControlThread(loop: loops[1], agentLoop: loop, now: clock)
        var facts = WireHostFacts()
        facts.bootID = machine.name
        let numbers = Unconfined(Numbers(world.generator("agent's numbers", base)))
        agent = Agent(
            loop: loop,
            configuration: AgentConfiguration(host: "controller", port: 1, memory: machine.plan.spool),
            kernel: NodeSessions(
                SimulatedNodeKernel(machine, process, readers: readers), thread: control,
                makers: [ControlThread(loop: loops[2], agentLoop: loop, now: clock)], log: log),
            inventory: EmptyInventory(loop: loop), facts: facts, log: log, recent: RecentLog(), auditLog: log,
            now: clock, random: RandomSource { numbers.value.next() })
        process.whenDead { [weak self] in self?.died() }
    }

    /// Begins to work, and to dial.
    func start() {
        machine.removeLeftovers()
        every(40 * .millisecond) { $0.tick() }
        every(500 * .millisecond) { $0.sendProgress() }
        every(5 * .second) { $0.sendVitals() }
        every(.second) { agent in
            // It would give memory back to this machine's kernel, which takes milliseconds.
            agent.trim = HeapTrim()
            agent.slowTick()
        }
        dial(after: 0)
    }

    private func every(_ interval: Int64, _ work: @escaping (isolated Agent) -> Void) {
        loop.perform(at: world.now + world.interval(interval)) { [self] in
            agent.assumeIsolated(work)
            every(interval, work)
        }
    }

    // MARK: The connection

    private func dial(after pause: Int64) {
        loop.perform(at: world.now + pause) { [self] in
            guard !isLeaving else { return }
            dialled = world.now
            fleet.dial(from: machine.plan.index, loop) { [self] channel in
                guard let channel else { return dialAgain() }
                begin(on: channel)
            }
        }
    }

    private func begin(on channel: SimulatedChannel) {
        let pipeline = channel.pipeline.syncOperations
        do {
            try pipeline.addHandler(ByteToMessageHandler(FrameDecoder(accepting: .toAgent)))
            try pipeline.addHandler(FrameWriter())
            try pipeline.addHandler(
                FrameTampering(machine.plan.bug) { [fleet, process, machine] in
                    guard process.isAlive else { return }
                    fleet.saw($0, $1, link: process.name, node: machine.plan.index)
                })
            try pipeline.addHandler(Uplink(agent: agent))
        } catch {
            preconditionFailure("\(error)")
        }
        agent.assumeIsolated { $0.connected(channel) }
        channel.closeFuture.assumeIsolated().whenComplete { [self] _ in
            world.story?.add(process.name, "its connection has ended")
            dialAgain()
        }
        channel.open()
    }

    private func dialAgain() {
        let (wasAccepted, hasSessions) = agent.assumeIsolated { ($0.wasAccepted, !$0.sessions.isEmpty) }
        if wasAccepted, world.now - dialled > Self.lastingConnection { backoff.reset() }
        let longest = hasSessions ? Self.longestPauseWithSessions : AgentRuntime.longestPause
        dial(after: min(backoff.next(using: &generator), longest).wholeNanoseconds)
    }

    // MARK: Its end

    /// SIGTERM.
    func end() {
        loop.perform { [self] in
            isLeaving = true
            agent.assumeIsolated { $0.finishSessions(within: Self.farewell) }.assumeIsolated().whenComplete {
                [self] _ in loop.perform { [self] in leave() }
            }
        }
    }

    private func leave() {
        agent.assumeIsolated { $0.closeConnection() }
        agent.assumeIsolated { $0.shutDown() }.assumeIsolated().whenComplete { [self] _ in
            world.story?.add(process.name, "ended in order")
            process.kill()
        }
    }

    private func died() {
        loop.borrow { agent.assumeIsolated { $0.sessions = [:] } }
        guard machine.plan.bug != .guardAsleep else { return }
        let patience = generator.within(machine.plan.guardDelay)
        world.schedule(in: patience) { [machine] in machine.removeLeftovers() }
    }

    /// Sessions that it has.
    var sessionCount: Int {
        var count = 0
        loop.borrow { count = agent.assumeIsolated { $0.sessions.count } }
        return count
    }
}
