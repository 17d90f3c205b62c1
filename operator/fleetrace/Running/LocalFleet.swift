import ControllerCore
import Glibc
import Logging
import NIOCore
import OperatorClient
import RecentLog
import SecureTransport
import SystemFacts
import SystemPackage
import TraceProtocol

/// `--local N`: a controller in this process and N agents as child processes. They talk TLS over loopback with keys
/// made for this one command, by the same code as in a fleet.
struct LocalFleet {
    private let folder: ScratchFolder
    private let runtime: ControllerRuntime
    private let agents: [ChildProcess]
    /// Of its operator.
    private let tls: TLSContext

    static func start(count: Int, _ interrupts: Interrupts) async throws -> LocalFleet {
        let folder = try ScratchFolder(in: "/tmp")
        // The agents end with this process, in order.
        interrupts.atForcedEnd { ScratchFolder.remove([folder.path.string]) }
        do {
            return try await start(count: count, in: folder)
        } catch {
            folder.remove()
            throw error
        }
    }

    private static func start(count: Int, in folder: ScratchFolder) async throws -> LocalFleet {
        let now = EpochInstant.now.seconds
        let authority = try CertificateAuthority.create(
            in: keys(in: folder).string, controller: .controller("controller"),
            operator: .operator("local", role: .admin), now: now)
        var log = Logger(label: "controller") { SafeLogHandler.standardError(label: $0) }
        log.logLevel = .critical
        let runtime = try await ControllerRuntime.start(
            host: "127.0.0.1", port: 0, tls: .server(authority.layout.controller),
            directory: folder.path.appending("data"),
            log: log)
        do {
            let tls = try TLSContext.client(authority.layout.operator, server: .controller("controller"))
            let commands = try (1...count).map { index in
                let files = try authority.issueFiles(.node("local-\(index)"), now: now)
                return ChildCommand(
                    arguments: agentArguments(index, files, port: runtime.address?.port ?? 0),
                    errorFile: folder.path.appending("agent-\(index).log").string)
            }
            let agents = try await ChildProcess.startTogether(commands)
            return LocalFleet(folder: folder, runtime: runtime, agents: agents, tls: tls)
        } catch {
            await runtime.stop()
            throw error
        }
    }

    /// Where the keys are until everybody has read theirs.
    private static func keys(in folder: ScratchFolder) -> FilePath { folder.path.appending("pki") }

    private static func agentArguments(_ index: Int, _ files: IdentityFiles, port: Int) -> [String] {
        [
            SiblingProgram.path("fleetrace-agent"), "--controller", "127.0.0.1:\(port)", "--cert", files.certificate,
            "--key", files.privateKey, "--ca", files.authorities, "--label", "local=\(index)", "--log-level", "warning",
            "--exit-with-parent", "--state", "none",
        ]
    }

    /// How often `connect` looks whether every agent has connected, with 50 ms between.
    private static let attempts = 300

    /// Connects as an operator, and waits until every agent has connected.
    func connect(group: any EventLoopGroup) async throws -> ControllerClient {
        let client = try await ControllerClient.connect(
            host: "127.0.0.1", port: runtime.address?.port ?? 0, tls: tls, group: group)
        for _ in 0..<Self.attempts {
            // Before the clock's first sample, a line would have no time.
            let ready = try await client.nodes().filter { $0.connected && $0.clockBoundNs >= 0 }
            if ready.count == agents.count {
                ScratchFolder.remove([Self.keys(in: folder).string])
                return client
            }
            for (index, agent) in agents.enumerated() where agent.hasExited {
                throw CommandError("agent local-\(index + 1) has ended: \(log(of: index + 1))")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw CommandError(
            "the agents did not connect within 15 s: \(agents.indices.map { log(of: $0 + 1) }.joined(separator: "; "))")
    }

    /// The last line that it logged.
    private func log(of agent: Int) -> String {
        guard let file = try? FileDescriptor.open(folder.path.appending("agent-\(agent).log"), .readOnly) else {
            return ""
        }
        defer { try? file.close() }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = (try? bytes.withUnsafeMutableBytes { try file.read(into: $0) }) ?? 0
        return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").last.map(String.init)
            ?? "(it logged nothing)"
    }

    /// How many times `stop` looks whether the agents have ended, with 100 ms between.
    private static let patience = 100

    /// Ends the agents and the controller, and removes what they wrote.
    func stop() async {
        for agent in agents { agent.send(SIGTERM) }
        // An agent that hangs must not hold the command for ever. The next agent removes what it leaves in the kernel.
        for _ in 0..<Self.patience where !agents.allSatisfy(\.hasExited) {
            try? await Task.sleep(for: .milliseconds(100))
        }
        for agent in agents where !agent.hasExited { agent.send(SIGKILL) }
        for agent in agents { _ = await agent.exit() }
        await runtime.stop()
        folder.remove()
    }
}
