import Foundation
import Synchronization

/// A controller, agents and their keys, as separate processes of this machine.
///
/// Node names are unique, so that what the fleet makes in the kernel can be recognized.
final class Fleet: OperatedFleet {
    /// Further options of the controller and of the agents.
    struct Options: Sendable {
        /// Where the controller keeps sessions; inside `folder` unless stated.
        var data: String?
        var controllerArguments: [String] = []
        var controllerEnvironment: [String: String] = [:]
        var agentArguments: [String] = []
        /// Agents keep a journal each, in `folder`: the next one of a node takes its sessions over.
        var keepsState = false
        /// Further options of the first agents, one list each.
        var singleArguments: [[String]] = []
        /// Network namespaces of the first agents; the others run in the tests' own.
        var namespaces: [NetworkNamespace] = []
    }

    let folder: TemporaryFolder
    let names: [String]
    private let options: Options
    private let processes = Mutex(Processes())

    private struct Processes {
        var controller: RunningProcess?
        var port = 0
        var agents: [String: RunningProcess] = [:]
        var everyone: [RunningProcess] = []
    }

    /// Starts a fleet, runs `body`, and ends everything, also when `body` throws.
    ///
    /// Records an issue for instances that remain in the kernel.
    static func with<R>(
        agents count: Int, _ options: Options = Options(), _ body: (Fleet) async throws -> R
    ) async throws -> R {
        try await TemporaryFolder.with { folder in
            let fleet = Fleet(folder: folder, agents: count, options: options)
            let result: Result<R, any Error>
            do {
                try await fleet.start()
                result = .success(try await body(fleet))
            } catch {
                result = .failure(TestFailure("\(error)\n\(fleet.logs)"))
            }
            try? await fleet.end()
            return try result.get()
        }
    }

    private init(folder: TemporaryFolder, agents count: Int, options: Options) {
        self.folder = folder
        self.options = options
        let tag = String(UInt32.random(in: 0x100_0000...0xfff_ffff), radix: 16)
        names = (1...max(count, 1)).prefix(count).map { "it\(tag)-\($0)" }
    }

    var pki: String { folder.file("pki") }
    var data: String { options.data ?? folder.file("data") }
    /// The state folder of a node's agents.
    func state(of name: String) -> String { folder.file("state/\(name)") }
    var controller: RunningProcess? { processes.withLock { $0.controller } }
    var port: Int { processes.withLock { $0.port } }
    func agent(_ name: String) -> RunningProcess? { processes.withLock { $0.agents[name] } }

    private func start() async throws {
        try await run(["ca", "init", pki])
        for name in names { try await run(["ca", "issue", "node", name, pki]) }
        try await startController()
        for name in names { try startAgent(name) }
        try await connected(names)
    }

    /// Starts the controller. A second start uses the same port.
    func startController() async throws {
        let program =
            options.controllerEnvironment["LD_PRELOAD"] == nil
            ? try Executables.controller() : try Executables.preloadable("fleetrace-controller")
        let process = try keep(
            RunningProcess(
                [program, "--listen", "0.0.0.0:\(port)", "--pki", pki, "--data", data] + options.controllerArguments,
                environment: options.controllerEnvironment))
        let line = try await process.errors.line(containing: "listening")
        guard let port = line.split(separator: ":").last.flatMap({ Int($0.prefix { $0.isNumber }) }) else {
            throw TestFailure("no port in: \(line)")
        }
        processes.withLock { processes in
            processes.controller = process
            processes.port = port
        }
    }

    /// Starts an agent, again when it was killed.
    ///
    /// - Parameter wrapper: a program and arguments that run the command after them.
    @discardableResult
    func startAgent(_ name: String, wrapper: [String] = [], also extra: [String] = []) throws -> RunningProcess {
        let index = names.firstIndex(of: name) ?? 0
        let namespace = options.namespaces.indices.contains(index) ? options.namespaces[index] : nil
        let process = try keep(
            RunningProcess(
                wrapper + (namespace?.prefix ?? []) + [
                    try Executables.agent(), "--controller", "\(namespace?.gateway ?? "127.0.0.1"):\(port)",
                ] + credentials(.node, name) + ["--label", "number=\(index + 1)"]
                    + ["--state", options.keepsState ? state(of: name) : "none"] + options.agentArguments
                    + (options.singleArguments.indices.contains(index) ? options.singleArguments[index] : []) + extra))
        processes.withLock { $0.agents[name] = process }
        return process
    }

    enum Kind: String {
        case node, `operator`
    }

    /// The options for a certificate, its key and the authority.
    func credentials(_ kind: Kind, _ name: String) -> [String] {
        let folder = "\(pki)/\(kind.rawValue)s"
        return ["--cert", "\(folder)/\(name).crt", "--key", "\(folder)/\(name).key", "--ca", "\(pki)/ca.crt"]
    }

    // MARK: Operators

    var access: [String] { ["--controller", "127.0.0.1:\(port)", "--pki", pki] }

    func keep(_ process: RunningProcess) -> RunningProcess {
        processes.withLock { $0.everyone.append(process) }
        return process
    }

    // MARK: The end

    private func end() async throws {
        let (agents, everyone) = processes.withLock { (Array($0.agents.values), $0.everyone) }
        // SIGTERM would leave sessions to a next agent.
        for process in agents { process.send(SIGINT) }
        for process in agents { _ = try? await process.exit(within: .seconds(15)) }
        for process in everyone { process.kill() }
        for process in everyone { _ = try? await process.exit(within: .seconds(5)) }
        // The next agent of a name removes what a killed one left, but these names are never used again.
        for name in names {
            for instance in TracefsState.instances(of: name) { rmdir("\(TracefsState.instancesFolder)/\(instance)") }
        }
        KernelProbes.remove(KernelProbes.lines(of: names))
    }

    /// Lines of the probes that this fleet's agents have now.
    var probes: [String] { KernelProbes.lines(of: names) }

    /// Names of the instances that this fleet's agents have now.
    var instances: [String] { names.flatMap { TracefsState.instances(of: $0) }.sorted() }

    /// The daemons' last log lines, for the message of a failed test.
    var logs: String {
        let (controller, agents) = processes.withLock { ($0.controller, $0.agents) }
        let all = [("controller", controller)] + agents.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return all.map { "--- \($0.0)\n" + ($0.1?.errors.texts.suffix(12).joined(separator: "\n") ?? "") }.joined(
            separator: "\n")
    }
}
