import Logging
import NIOCore
import NIOPosix
import RecentLog
import SecureTransport
import SystemFacts
import SystemPackage
import TraceProtocol

/// A running controller: its listener, its threads and its directory.
public final class ControllerRuntime: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let controller: Controller
    private let listener: any Channel
    private let timer: RepeatedTask
    /// Nil without UDP.
    private let prober: DatagramProber?

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - port: 0 lets the kernel choose one.
    ///   - directory: where sessions are stored; made if it is not there. Refused while another controller uses it, and
    ///     when others than this process's user may.
    ///   - lease: how long agents go on recording without a frame from here.
    ///   - twins: what becomes of a second machine with a connected node's certificate.
    ///   - retention: which stored sessions are removed, and when.
    ///   - probesByUDP: whether clock probes may go by UDP, on the port of the same number.
    public static func start(
        host: String, port: Int, tls: TLSContext, directory: FilePath, lease: Duration = .seconds(60),
        twins: TwinRule = .refuse, retention: Retention = Retention(), probesByUDP: Bool = true, log: Logger
    ) async throws -> ControllerRuntime {
        let folder = try DataFolder(directory)
        OpenFileLimit.raise()
        let recent = RecentLog(capacity: 1000)
        // Everybody who may look at a node reads the recent lines, so audit lines are not among them.
        let auditLog = log
        let log = recent.following(log)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        do {
            let storage = FileStorage(in: folder, loop: group.next(), log: log)
            let facts = try WireHostFacts.ofThisProcess()
            let found = try await storage.found(bootID: facts.bootID).get()
            let controller = Controller(
                name: tls.identity.identity.name, storage: storage,
                lease: lease, twins: twins, host: facts, retention: retention, loop: group.next(),
                log: log, recent: recent, auditLog: auditLog)
            await controller.begin()
            await controller.recover(found)
            let listener: Listener
            do {
                listener = try await Listener.start(host: host, port: port, tls: tls, controller: controller)
            } catch {
                throw ListenError(address: "\(host):\(port)", reason: ConnectionFailure.reason(error))
            }
            let prober = probesByUDP ? startProber(controller, listener.channel.localAddress, log) : nil
            await controller.use(prober)
            return ControllerRuntime(group: group, controller: controller, listener: listener.channel, prober: prober)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }

    /// Without the port the connections carry all probes.
    private static func startProber(
        _ controller: Controller, _ address: SocketAddress?, _ log: Logger
    ) -> DatagramProber? {
        guard let address else { return nil }
        do {
            return try DatagramProber(on: address, opens: controller.budget.node.pathOpens) { samples in
                controller.loop.execute { controller.assumeIsolated { $0.receive(samples) } }
            }
        } catch {
            log.notice(
                "clock probes go over the nodes' connections alone",
                metadata: ["address": "\(address)", "reason": "\(error)"])
            return nil
        }
    }

    private init(
        group: MultiThreadedEventLoopGroup, controller: Controller, listener: any Channel, prober: DatagramProber?
    ) {
        self.prober = prober
        self.group = group
        self.controller = controller
        self.listener = listener
        timer = controller.loop.scheduleRepeatedTask(initialDelay: .milliseconds(50), delay: .milliseconds(50)) { _ in
            controller.assumeIsolated { $0.tick() }
        }
    }

    /// How many turns of 100 ms shutdown waits for running sessions.
    private static let shutdownTurns = 50

    /// The address that it listens on.
    public var address: SocketAddress? { listener.localAddress }

    /// Closes all connections and leaves the sessions to the next controller process with this directory: agents go on
    /// recording within their lease.
    public func handOver() async {
        timer.cancel()
        prober?.stop()
        try? await listener.close()
        let settled = await controller.handOver()
        try? await settled.get()
        try? await group.shutdownGracefully()
    }

    /// Stops sessions and closes all connections.
    public func stop() async {
        timer.cancel()
        try? await listener.close()
        await controller.stopSessions()
        for _ in 0..<Self.shutdownTurns where await controller.hasSessions {
            try? await Task.sleep(for: .milliseconds(100))
        }
        prober?.stop()
        await controller.shutDown()
        try? await group.shutdownGracefully()
    }
}
