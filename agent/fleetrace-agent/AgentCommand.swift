import AgentCore
import ArgumentParser
import CLinux
import CommandArguments
import EndingSignals
import Glibc
import Guarding
import Logging
import RecentLog
import SecureTransport
import TraceProtocol
import UnixSignals

/// `fleetrace-agent`: arguments and wiring.
struct AgentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleetrace-agent",
        abstract: "Drives this node's tracefs for a Fleetrace controller.",
        discussion: """
            The agent dials the controller, so this node needs no open port. It has to run as root: tracefs is \
            root's. What it makes in the kernel it removes at the end.

            If it is killed, recording goes on, and the next agent of this node takes its sessions over. If none has \
            started when the controller's lease ends, the guard removes what is left, a small process that the agent \
            starts. SIGTERM leaves the sessions to the next agent, SIGINT ends them in order; a second SIGTERM ends the \
            agent at once.

            Example:
              fleetrace-agent --controller 10.0.0.5:7788 --cert web-1.crt --key web-1.key --ca ca.crt \\
                  --label role=web --label zone=a --spool /var/spool/fleetrace --spool-bytes 20G

            A policy states what this node refuses, whatever the controller requests; docs/guide/fleet.md has its \
            language. For example, in /etc/fleetrace/policy:
              deny event syscalls:*
              deny probe kprobe:*
              limit buffer 64M
            """,
        version: Negotiation.software)

    @Option(help: "Address and port of the controller, HOST:PORT or [IPV6]:PORT.")
    var controller: HostPort

    @Option(help: "Name in the controller's certificate (fleetrace://controller/NAME).")
    var serverName = "controller"

    @Option(name: .customLong("cert"), help: "This node's certificate, PEM.")
    var certificate: String

    @Option(help: "Its private key, PEM, readable by its owner alone.")
    var key: String

    @Option(help: "The authority that signed the controller's certificate, PEM.")
    var ca: String

    @Option(name: .customLong("label"), help: "KEY=VALUE, for --on KEY=VALUE; may be repeated.")
    var labels: [Label] = []

    @Option(
        help: ArgumentHelp(
            """
            A folder of the agent's own on disk. What has been read is written there before it is sent, and kept until the \
            controller has it. Without it: in memory.
            """, valueName: "folder"))
    var spool: String?

    @Option(
        help: ArgumentHelp(
            "Bytes that all sessions may take of --spool, e.g. 512M or 20G (default: 1G).", valueName: "size"),
        transform: ByteCountArgument.parse)
    var spoolBytes: UInt64?

    private static let usualSpool: UInt64 = 1 << 30
    private static let spoolRange: ClosedRange<UInt64> = (16 << 20)...(1 << 40)

    @Option(help: "Megabytes of memory for events that the controller cannot take yet, per session.")
    var memory = AgentConfiguration.defaultMemory >> 20

    @Option(
        help: ArgumentHelp(
            "How long an event waits at most before it is read and sent, 10 to 500. Longer costs the node less.",
            valueName: "ms"))
    var readInterval = 40

    @Option(help: "File of rules about events, probes and buffers that this node keeps to; none: all is allowed.")
    var policy: String?

    @Option(
        help: ArgumentHelp(
            "Folder with what the next agent needs to take sessions over; none: sessions end with this agent.",
            discussion: "Default: a folder below /run/fleetrace for this node and controller."))
    var state: String?

    @Option(help: "Least severe messages to log: trace, debug, info, notice, warning, error.")
    var logLevel = Logger.Level.info

    @Flag(help: .hidden)
    var exitWithParent = false

    func validate() throws {
        guard spool.flatMap({ UInt64($0) }) == nil else {
            throw ValidationError("--spool is a folder; --memory is the number of megabytes that are kept in memory")
        }
        guard spool != nil || spoolBytes == nil else { throw ValidationError("--spool-bytes: --spool says where") }
        guard Self.spoolRange.contains(spoolBytes ?? Self.usualSpool) else {
            throw ValidationError("--spool-bytes: 16M to 1T")
        }
        guard (10...500).contains(readInterval) else { throw ValidationError("--read-interval: 10 to 500 (ms)") }
        guard (1...4096).contains(memory) else { throw ValidationError("--memory: 1 to 4096 (megabytes)") }
        guard state != "" else { throw ValidationError("--state: a folder, or none") }
    }

    func run() async throws {
        if exitWithParent { ParentWatch.exitWithParent() }
        LoggingSystem.bootstrap(SafeLogHandler.standardError)
        var log = Logger(label: "fleetrace-agent")
        log.logLevel = logLevel
        do {
            let policy = try policy.map { try Policy(reading: $0) } ?? .none
            let tls = try TLSContext.client(
                IdentityFiles(certificate: certificate, privateKey: key, authorities: ca),
                server: .controller(serverName))
            try tls.require(.node)
            var configuration = AgentConfiguration(
                host: controller.host, port: controller.port,
                labels: Dictionary(labels.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }),
                memory: memory << 20, policy: policy,
                state: state.map { $0 == "none" ? .none : .folder($0) } ?? .usual)
            configuration.readInterval = .milliseconds(readInterval)
            configuration.spool = spool.map { ($0, Int(spoolBytes ?? Self.usualSpool)) }
            let guardian = GuardProcess()
            do {
                let isLeft = try await Self.run(
                    AgentRuntime(configuration: configuration, tls: tls, guardian: guardian, log: log),
                    hasState: state != "none")
                if isLeft { guardian.depart() } else { guardian.end() }
            } catch {
                guardian.end()
                throw error
            }
        } catch {
            log.critical("the agent cannot go on", metadata: ["reason": "\(error)"])
            throw ExitCode.failure
        }
    }

    /// Runs until a signal cancels the runtime, which then ends its sessions and cleans up. SIGTERM has it leave them to a
    /// successor; a second one ends the process at once. Other signals after the first change nothing.
    ///
    /// A `ServiceGroup` would do the same for one service, and add 1.7 MB to the program.
    /// - Returns: whether something is left to a successor.
    private static func run(_ runtime: AgentRuntime, hasState: Bool) async throws -> Bool {
        let signals = await UnixSignalsSequence(trapping: .ending)
        let running = Task { try await runtime.run() }
        let listening = Task {
            var isEnding = false
            for await signal in signals {
                if signal == .sigterm, hasState {
                    if isEnding { _exit(128 + SIGTERM) }
                    runtime.handOver()
                }
                isEnding = true
                running.cancel()
            }
        }
        // Most of the program is used only to start and to connect. The first call drops what starting needed, the second
        // what connecting needed.
        linux_drop_program_pages()
        let dropping = Task {
            try await Task.sleep(for: .seconds(5))
            linux_drop_program_pages()
        }
        defer {
            listening.cancel()
            dropping.cancel()
        }
        return try await running.value
    }
}
