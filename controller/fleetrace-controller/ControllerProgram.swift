import ArgumentParser
import CommandArguments
import ControllerCore
import EndingSignals
import Logging
import RecentLog
import SecureTransport
import ServiceLifecycle
import SystemPackage
import TraceProtocol
import UnixSignals

extension TwinRule: ExpressibleByArgument {}

/// `fleetrace-controller`: arguments and wiring.
@main
struct ControllerProgram: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleetrace-controller",
        abstract: "Runs the controller that agents and operators dial.",
        discussion: """
            Example:
              fleetrace ca init pki
              fleetrace-controller --listen 0.0.0.0:7788 --pki pki --data /var/lib/fleetrace
            """,
        version: Negotiation.software)

    @Option(help: "Address and port to listen on.")
    var listen = HostPort.standard

    @Option(help: "Folder made by 'fleetrace ca init'.")
    var pki: String

    @Option(help: "Folder for sessions.")
    var data: String

    @Option(
        help: "How long agents go on recording when they do not hear from the controller (default: 60s).",
        transform: DurationArgument.parse)
    var lease: Duration?

    private static let usualLease = Duration.seconds(60)

    @Option(
        help: """
            A second machine with a connected node's certificate: 'refuse' it while the first one answers, or 'name' it
            NAME~2, so that both take part.
            """)
    var twins = TwinRule.refuse

    @Option(
        help: """
            Remove stored sessions this long after their end, e.g. 7d. (default: those that were to be kept stay; what an
            earlier controller left of others goes after 7d)
            """, transform: DurationArgument.parse)
    var keep: Duration?

    @Option(
        help: "Remove the oldest stored sessions when all together are larger, e.g. 100G.",
        transform: ByteCountArgument.parse)
    var keepBytes: UInt64?

    @Option(help: "Remove the oldest stored sessions when there are more.")
    var keepSessions: Int?

    @Flag(
        name: .customLong("no-udp"),
        help: """
            Do not probe clocks by UDP (on the port of the same number): bounds of times are wider then, as where UDP is
            blocked.
            """)
    var noUDP = false

    @Option(help: "Least severe messages to log: trace, debug, info, notice, warning, error.")
    var logLevel = Logger.Level.info

    func validate() throws {
        guard (.seconds(2)...(.seconds(3600))).contains(lease ?? Self.usualLease) else {
            throw ValidationError("--lease: 2s to 1h")
        }
        guard keepSessions ?? 0 >= 0 else { throw ValidationError("--keep-sessions: 0 or more") }
    }

    func run() async throws {
        LoggingSystem.bootstrap(SafeLogHandler.standardError)
        var log = Logger(label: "fleetrace-controller")
        log.logLevel = logLevel
        let tls = try TLSContext.server(AuthorityLayout(pki).controller)
        let runtime = try await ControllerRuntime.start(
            host: listen.host, port: listen.port, tls: tls, directory: FilePath(data),
            lease: lease ?? Self.usualLease, twins: twins,
            retention: Retention(age: keep, bytes: keepBytes, sessions: keepSessions), probesByUDP: !noUDP, log: log)
        log.info("listening", metadata: ["address": "\(runtime.address.map { "\($0)" } ?? "?")"])
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [.init(service: ControllerService(runtime: runtime))],
                gracefulShutdownSignals: .ending.filter { $0 != .sigterm }, cancellationSignals: [.sigterm], logger: log
            ))
        do {
            try await group.run()
        } catch is CancellationError {
            // SIGTERM: `ControllerService` has handed over.
        }
    }
}

/// Ends the runtime in order when a signal asks for it: Ctrl-C ends its sessions too, SIGTERM leaves them to the next
/// controller, as an upgrade needs it.
private struct ControllerService: Service {
    var runtime: ControllerRuntime

    func run() async throws {
        do {
            try await gracefulShutdown()
        } catch {
            return await runtime.handOver()
        }
        await runtime.stop()
    }
}
