import Logging
import NIOCore
import RecentLog
import SecureTransport
import SystemFacts
import TestSupport
import TraceProtocol

@testable import ControllerCore

/// A whole controller as one process.
final class SimulatedController: @unchecked Sendable {
    let process: SimulatedProcess
    let loop: SimulatedLoop
    let controller: Controller
    private let framesPerTurn: Int
    private let bootID: String
    private let storage: SimulatedStorage
    /// It has found what its predecessor left.
    private(set) var isListening = false

    private var world: World { process.world }

    /// - Parameter boot: when its machine was started, ns of the world's time.
    init(number: Int, boot: Int64, disk: SimulatedDisk, credit: Int, in world: World) {
        process = SimulatedProcess("controller", in: world)
        let base = 1_000 * number + 500
        loop = SimulatedLoop(process, base)
        var budget = Budget()
        budget.node.credit = min(credit, budget.node.credit.upperBound)...budget.node.credit.upperBound
        budget.node.creditInAll = credit
        framesPerTurn = budget.connection.framesPerTurn
        let log = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        let numbers = Unconfined(Numbers(world.generator("controller's numbers", number)))
        let bootID = "boot \(boot)"
        self.bootID = bootID
        storage = SimulatedStorage(on: disk, SimulatedLoop(process, base + 1))
        controller = Controller(
            name: "controller", storage: storage, lease: .seconds(60), host: .with { $0.bootID = bootID },
            budget: budget, loop: loop,
            time: TimeSource(
                now: { [world] in MonotonicRawInstant(nanoseconds: Self.uptime + world.now - boot) },
                wallClock: { [world] in EpochInstant(nanoseconds: Self.epoch + world.now) },
                utcDistance: { .unknown }),
            random: RandomSource { numbers.value.next() }, log: log, recent: RecentLog(capacity: 1), auditLog: log)
        process.whenDead { [weak self] in self?.died() }
    }

    /// Of its machine's clock when that is started.
    static let uptime: Int64 = 1_000 * .second
    static let epoch: Int64 = 1_700_000_000 * .second

    func start() {
        loop.perform { [self] in
            controller.assumeIsolated { $0.begin() }
            storage.found(bootID: bootID).hop(to: loop).assumeIsolated().whenComplete { [self] result in
                guard case .success(let found) = result else { return }
                if !found.recovered.isEmpty { world.story?.add(process.name, "goes on with a session") }
                controller.assumeIsolated { $0.recover(found) }
                isListening = true
                tickLater()
            }
        }
    }

    private func tickLater() {
        loop.perform(at: world.now + world.interval(50 * .millisecond)) { [self] in
            controller.assumeIsolated { controller in
                // It would give memory back to this machine's kernel, which takes milliseconds.
                controller.trim = HeapTrim()
                controller.tick()
            }
            tickLater()
        }
    }

    /// A peer has connected. Called on its loop.
    func accept(_ channel: SimulatedChannel, from identity: PeerIdentity) {
        // The peer may have gone already.
        guard channel.isActive else { return }
        let handler = PeerHandler(controller: controller)
        do {
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(FrameIntake(framesPerTurn: framesPerTurn))
            try pipeline.addHandler(FrameWriter())
            try pipeline.addHandler(handler)
        } catch {
            preconditionFailure("\(error)")
        }
        handler.expectHello(from: identity, certificate: identity.uri, on: channel)
        channel.open()
    }

    /// SIGTERM: the next process goes on with its sessions. As `ControllerRuntime` does it.
    func handOver() {
        loop.perform { [self] in
            isListening = false
            controller.assumeIsolated { $0.handOver() }.hop(to: loop).assumeIsolated().whenComplete { [self] _ in
                world.story?.add(process.name, "leaves its sessions to the next process")
                loop.perform(at: world.now + .millisecond) { [process] in process.kill() }
            }
        }
    }

    /// SIGINT.
    func end() {
        loop.perform { [self] in
            controller.assumeIsolated { $0.stopSessions() }
            leave(turns: 50)
        }
    }

    /// As `ControllerRuntime` does it.
    private func leave(turns: Int) {
        guard turns > 0, controller.assumeIsolated({ $0.hasSessions }) else {
            controller.assumeIsolated { $0.shutDown() }
            loop.perform(at: world.now + .millisecond) { [process] in process.kill() }
            return
        }
        loop.perform(at: world.now + 100 * .millisecond) { [self] in leave(turns: turns - 1) }
    }

    private func died() {
        loop.borrow {
            controller.assumeIsolated { controller in
                controller.sessions = [:]
                controller.nodes = [:]
                controller.operators = [:]
            }
        }
    }

    var sessionCount: Int {
        var count = 0
        loop.borrow { count = controller.assumeIsolated { $0.sessions.count } }
        return count
    }
}
