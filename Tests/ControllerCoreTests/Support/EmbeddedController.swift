import Logging
import NIOCore
import NIOEmbedded
import RecentLog
import SystemFacts
import TestSupport
import TraceProtocol

@testable import ControllerCore

/// A controller on an embedded event loop: the test's thread is the loop, and time passes when the test says so.
final class EmbeddedController {
    let loop: EmbeddedEventLoop
    let storage: MemoryStorage
    let controller: Controller
    private let audit = AuditRecorder()
    private let clock: ManualClock
    /// Nodes reply to clock probes.
    var isAnswering = true
    /// What takes part in each turn of the clock.
    private(set) var nodes: [EmbeddedNode] = []

    convenience init(twins: TwinRule = .refuse, retention: Retention = Retention()) {
        let loop = EmbeddedEventLoop()
        self.init(loop, ManualClock(), MemoryStorage(loop: loop), twins, retention, bootID: "boot")
    }

    private init(
        _ loop: EmbeddedEventLoop, _ clock: ManualClock, _ storage: MemoryStorage, _ twins: TwinRule = .refuse,
        _ retention: Retention = Retention(), bootID: String
    ) {
        self.loop = loop
        self.clock = clock
        self.storage = storage
        let audit = self.audit
        controller = Controller(
            name: "test", storage: storage, lease: .seconds(60), twins: twins, host: .with { $0.bootID = bootID },
            retention: retention, loop: loop,
            time: TimeSource(
                now: { clock.now }, wallClock: { EpochInstant(nanoseconds: clock.now.nanoseconds) },
                utcDistance: { .atMost(.milliseconds(7)) }),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, recent: RecentLog(capacity: 10),
            auditLog: Logger(label: "audit") { _ in audit })
        controller.assumeIsolated { $0.begin() }
        loop.run()
    }

    /// Kills it and starts another one with what it has written. Peers have to connect to that one themselves.
    ///
    /// - Parameters:
    ///   - pause: between the two.
    ///   - bootID: of the machine on which the next one starts.
    func restarted(after pause: Duration = .seconds(2), bootID: String = "boot") -> EmbeddedController {
        clock.advance(by: pause)
        let loop = EmbeddedEventLoop()
        let next = EmbeddedController(loop, clock, storage.killed(loop: loop), bootID: bootID)
        next.storage.found(bootID: bootID).whenSuccess { [controller = next.controller] found in
            controller.assumeIsolated { $0.recover(found) }
        }
        next.loop.run()
        return next
    }

    var now: MonotonicRawInstant { clock.now }

    /// Lets time pass as it does for a controller: a tick every 50 ms, with clock probes that the nodes answer.
    ///
    /// - Parameter turn: longer where the test only waits.
    func advance(_ duration: Duration, turn: Duration = .milliseconds(50)) {
        let end = now.advanced(by: duration)
        while now < end {
            clock.advance(by: min(turn, now.duration(to: end)))
            loop.advanceTime(by: TimeAmount(turn))
            controller.assumeIsolated { $0.tick() }
            if isAnswering { for node in nodes { node.answerProbes() } }
        }
    }

    /// Connects nodes whose clocks are known to the controller.
    func connectNodes(_ names: [String]) throws -> [EmbeddedNode] {
        let connected = try names.map { try EmbeddedNode($0, self) }
        advance(.seconds(1))
        return connected
    }

    func connected(_ node: EmbeddedNode) {
        nodes.append(node)
    }

    /// Audit lines since the last call.
    func auditLines() -> [String] { audit.removeAll() }

    func sessionCount() -> Int {
        controller.assumeIsolated { $0.sessions.count }
    }
}
