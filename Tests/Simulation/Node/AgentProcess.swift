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
    private let journal: StateJournal?
    private let spool: AgentSpool?
    /// How long its guard leaves its sessions to a successor.
    private let grace: SuccessionGrace
    private var generator: SplitMix64
    private var backoff = Backoff(shortest: AgentRuntime.shortestPause, longest: AgentRuntime.longestPause)
    private var dialled: Int64 = 0
    private var isLeaving = false
    private var channel: SimulatedChannel?

    private var world: World { machine.world }

    /// As in `AgentRuntime`.
    private static let lastingConnection: Int64 = 10 * .second
    private static let longestPauseWithSessions = Duration.seconds(3)
    private static let farewell = TimeAmount.seconds(5)
    private static let handover = TimeAmount.seconds(2)

    /// - Throws: when its files cannot be made, which are real.
    init(on machine: SimulatedMachine, number: Int, fleet: FleetRun) throws {
        self.machine = machine
        self.fleet = fleet
        let world = machine.world
        process = SimulatedProcess("agent \(machine.name)", in: world)
        let base = 1_000 * number + 16 * machine.plan.index
        let loops = (0..<5).map { [process] in SimulatedLoop(process, base + $0) }
        loop = loops[0]
        generator = world.generator("agent", base)
        let log = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        let clock: @Sendable () -> MonotonicRawInstant = { [machine = Unconfined(machine)] in machine.value.clock }
        let readers = SimulatedReaders(loops[3])
        func thread(_ index: Int) -> ControlThread {
            ControlThread(loop: loops[index], agentLoop: loops[0], now: clock)
        }
        var facts = WireHostFacts()
        facts.bootID = machine.name
        let folder = machine.folder
        journal = try machine.plan.hasJournal ? Self.journal(in: folder, machine.name, log) : nil
        spool = try machine.plan.hasSpool ? Self.spool(in: folder, machine.name, thread(4), log) : nil
        grace = SuccessionGrace(journal == nil ? .zero : Agent.defaultLease)
        let numbers = Unconfined(Numbers(world.generator("agent's numbers", base)))
        agent = Agent(
            loop: loop,
            configuration: AgentConfiguration(host: "controller", port: 1, memory: machine.plan.memory),
            kernel: NodeSessions(
                SimulatedNodeKernel(machine, process, readers: readers), thread: thread(1), makers: [thread(2)],
                journal: journal, log: log),
            inventory: EmptyInventory(loop: loop), facts: facts, spool: spool, grace: grace, log: log,
            recent: RecentLog(), auditLog: log, now: clock, random: RandomSource { numbers.value.next() })
        process.beforeItsLastStep = { folder.mark() }
        process.atDeath { [unowned fleet] in if !fleet.isOver { machine.inheritFolder() } }
        process.whenDead { [weak self] in self?.died() }
    }

    private static func journal(in folder: AgentFolder, _ node: String, _ log: Logger) throws -> StateJournal {
        let life = WireAgentLife.with {
            $0.bootID = node
            $0.node = node
            $0.controller = "controller:1"
        }
        return try StateJournal(in: StateFolder(at: folder.state), life, log: log)
    }

    private static func spool(
        in folder: AgentFolder, _ node: String, _ thread: ControlThread, _ log: Logger
    ) throws -> AgentSpool {
        let space = SpoolSpace(limit: 1 << 30, cpus: 2)
        return AgentSpool(folder: try SpoolFolder(folder.spool, node: node, space: space), thread: thread, log: log)
    }

    /// Takes over what its predecessor has left, then begins to work, and to dial.
    func start() {
        var pause = Duration.zero
        if let journal, case .goOn(let wait) = CrashLoop.action(after: journal.found.vainLives) { pause = wait }
        loop.perform(at: world.now + pause.wholeNanoseconds) { [self] in
            agent.assumeIsolated { $0.takeOver() }.assumeIsolated().whenComplete { [self] _ in
                loop.perform { [self] in begin() }
            }
        }
    }

    private func begin() {
        spool?.removeLeftovers(except: Set(agent.assumeIsolated { $0.sessions.keys }))
        if process.step() { machine.removeLeftovers() }
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
        self.channel = channel
        agent.assumeIsolated { $0.connected(channel) }
        channel.closeFuture.assumeIsolated().whenComplete { [self] _ in
            world.story?.add(process.name, "its connection has ended")
            self.channel = nil
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

    /// SIGINT: its sessions end in order.
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

    /// SIGTERM: a successor goes on with its sessions.
    func handOver() {
        guard journal != nil else { return end() }
        loop.perform { [self] in
            isLeaving = true
            agent.assumeIsolated { $0.stopReading(within: Self.handover) }.assumeIsolated().whenComplete { [self] _ in
                loop.perform { [self] in leaveToSuccessor() }
            }
        }
    }

    private func leaveToSuccessor() {
        let closed = channel?.closeFuture ?? loop.makeSucceededVoidFuture()
        agent.assumeIsolated { $0.closeConnection() }
        closed.flatMap { [self] in agent.assumeIsolated { $0.stopReading(within: .zero) } }
            .flatMap { [self] in agent.assumeIsolated { $0.leave() } }
            .assumeIsolated().whenComplete { [self] _ in
                world.story?.add(process.name, "leaves its sessions to a successor")
                process.kill()
            }
    }

    private func died() {
        loop.borrow { agent.assumeIsolated { $0.sessions = [:] } }
        guard machine.plan.bug != .guardAsleep else { return }
        let patience = generator.within(machine.plan.guardDelay) + grace.current.wholeNanoseconds
        world.schedule(in: patience) { [machine, process] in machine.removeLeftovers(of: process) }
    }

    /// Sessions that it has.
    var sessionCount: Int {
        var count = 0
        loop.borrow { count = agent.assumeIsolated { $0.sessions.count } }
        return count
    }
}
