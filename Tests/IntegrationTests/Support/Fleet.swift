import Foundation
import Synchronization

/// A controller, agents and their keys, as separate processes of this machine.
///
/// Node names are unique, so that what the fleet makes in the kernel can be told from everything else there.
final class Fleet: Sendable {
    /// Options of the controller and of the agents besides the necessary ones.
    struct Options: Sendable {
        /// Where the controller keeps sessions; inside `folder` unless stated.
        var data: String?
        var controllerArguments: [String] = []
        var agentArguments: [String] = []
        /// Of the first agents; the others run in the tests' own.
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

    /// Starts a fleet, runs `body`, and ends everything, whatever happens.
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

    /// Starts the controller, on the port that it had before when this is not the first time.
    func startController() async throws {
        let process = try keep(
            RunningProcess(
                [
                    try Executables.fleetrace(), "controller", "--listen", "0.0.0.0:\(port)", "--pki", pki, "--data",
                    data,
                ]
                    + options.controllerArguments))
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
    /// - Parameter wrapper: a program and arguments that run the command behind them.
    @discardableResult
    func startAgent(_ name: String, wrapper: [String] = []) throws -> RunningProcess {
        let index = names.firstIndex(of: name) ?? 0
        let namespace = options.namespaces.indices.contains(index) ? options.namespaces[index] : nil
        let process = try keep(
            RunningProcess(
                wrapper + (namespace?.prefix ?? []) + [
                    try Executables.agent(), "--controller", "\(namespace?.gateway ?? "127.0.0.1"):\(port)",
                ] + credentials(.node, name) + ["--label", "number=\(index + 1)"] + options.agentArguments))
        processes.withLock { $0.agents[name] = process }
        return process
    }

    enum Kind: String {
        case node, `operator`
    }

    /// The options that state a certificate, its key and the authority.
    func credentials(_ kind: Kind, _ name: String) -> [String] {
        let folder = "\(pki)/\(kind.rawValue)s"
        return ["--cert", "\(folder)/\(name).crt", "--key", "\(folder)/\(name).key", "--ca", "\(pki)/ca.crt"]
    }

    /// Waits until the controller lists these as connected, their clocks known.
    func connected(_ names: [String]) async throws {
        try await eventually("\(names) are connected", within: .seconds(30)) {
            let list = try await self.run(["nodes"] + self.access).output.texts
            return names.allSatisfy { name in
                list.contains { $0.hasPrefix(name + " ") && $0.contains(" connected ") && !$0.contains("±?") }
            }
        }
    }

    // MARK: Operators

    /// How an operator reaches the controller.
    var access: [String] { ["--controller", "127.0.0.1:\(port)", "--pki", pki] }

    /// Runs a verb of `fleetrace` and waits for its end.
    ///
    /// - Parameter expecting: the exit status; nil for any.
    @discardableResult
    func run(
        _ arguments: [String], expecting: ExitStatus? = .success, within limit: Duration = .seconds(60)
    ) async throws -> RunningProcess {
        let process = try keep(RunningProcess([try Executables.fleetrace()] + arguments))
        let status = try await process.exit(within: limit)
        if let expecting, status != expecting {
            throw TestFailure("\(arguments.joined(separator: " ")): \(status), stderr:\n\(process.errors.text)")
        }
        return process
    }

    /// Starts `fleetrace trace`, and returns when it says that it traces.
    func trace(
        _ arguments: [String], output: RunningProcess.Output = .collected, command: [String] = []
    ) async throws -> RunningProcess {
        try await session(["trace"] + arguments + access, output, command)
    }

    /// Starts `fleetrace record`, and returns when it says that it traces.
    func record(_ arguments: [String], into path: String) async throws -> RunningProcess {
        try await session(["record", "-o", path] + arguments + access, .collected, [])
    }

    /// Starts `fleetrace stat`, and returns when it says that it counts.
    func stat(
        _ arguments: [String], command: [String] = [], environment: [String: String] = [:]
    ) async throws -> RunningProcess {
        try await session(["stat"] + arguments + access, .collected, command, environment)
    }

    private func session(
        _ arguments: [String], _ output: RunningProcess.Output, _ command: [String],
        _ environment: [String: String] = [:]
    ) async throws -> RunningProcess {
        let process = try keep(
            RunningProcess(
                [try Executables.fleetrace()] + arguments + (command.isEmpty ? [] : ["--"] + command),
                environment: environment, output: output))
        func hasStarted() -> Bool {
            process.errors.texts.contains { $0.hasPrefix("tracing ") || $0.hasPrefix("counting ") }
        }
        try await eventually("\(process.name) started: \(process.errors.text)", within: .seconds(40)) {
            hasStarted() || !process.isRunning
        }
        guard hasStarted() else {
            throw TestFailure("\(process.name) did not start:\n\(process.errors.text)")
        }
        return process
    }

    /// Prints a recorded session as JSON.
    func report(_ path: String, _ arguments: [String] = [], expecting: ExitStatus? = .success) async throws
        -> [TimelineRecord]
    {
        let report = try await run(
            ["report", path, "--format", "json"] + arguments, expecting: expecting, within: .seconds(120))
        return try TimelineRecord.parse(report.output.texts)
    }

    /// Runs a verb that prints more than a test wants to keep, and parses the lines with `text`.
    func lines(of arguments: [String], containing text: String) async throws -> [TimelineRecord] {
        let file = try await runIntoFile(arguments, expecting: .success)
        let grep = try keep(RunningProcess(["grep", "-F", text, file]))
        try await grep.exit(within: .seconds(60))
        return try TimelineRecord.parse(grep.output.texts)
    }

    /// How many events a verb prints as JSON.
    func count(of arguments: [String], expecting: ExitStatus) async throws -> Int {
        let file = try await runIntoFile(arguments, expecting: expecting)
        let grep = try keep(RunningProcess(["grep", "-c", "\"type\":\"event\"", file]))
        try await grep.exit(within: .seconds(60))
        return Int(grep.output.text) ?? 0
    }

    private func runIntoFile(_ arguments: [String], expecting: ExitStatus) async throws -> String {
        let file = folder.file("output")
        let process = try keep(RunningProcess([try Executables.fleetrace()] + arguments, output: .file(file)))
        let status = try await process.exit(within: .seconds(240))
        guard status == expecting else { throw TestFailure("\(process.name): \(status), \(process.errors.text)") }
        return file
    }

    func summary(_ path: String, expecting: ExitStatus? = .success) async throws -> [SummaryRow] {
        SummaryRow.all(
            in: try await run(["report", path, "--summary"], expecting: expecting, within: .seconds(180)).output.texts)
    }

    // MARK: The end

    private func keep(_ process: RunningProcess) -> RunningProcess {
        processes.withLock { $0.everyone.append(process) }
        return process
    }

    private func end() async throws {
        let (agents, everyone) = processes.withLock { (Array($0.agents.values), $0.everyone) }
        for process in agents { process.send(SIGTERM) }
        for process in agents { _ = try? await process.exit(within: .seconds(15)) }
        for process in everyone { process.kill() }
        for process in everyone { _ = try? await process.exit(within: .seconds(5)) }
        // A killed agent's instance would be removed by the next one's start: these names come never again.
        for name in names {
            for instance in TracefsState.instances(of: name) { rmdir("\(TracefsState.instancesFolder)/\(instance)") }
        }
        KernelProbes.remove(KernelProbes.lines(of: names))
    }

    /// Lines of the probes that this fleet's agents have now.
    var probes: [String] { KernelProbes.lines(of: names) }

    /// Names of the instances that this fleet's agents have now.
    var instances: [String] { names.flatMap { TracefsState.instances(of: $0) }.sorted() }

    /// What the daemons have said last, for the message of a failed test.
    var logs: String {
        let (controller, agents) = processes.withLock { ($0.controller, $0.agents) }
        let all = [("controller", controller)] + agents.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return all.map { "--- \($0.0)\n" + ($0.1?.errors.texts.suffix(12).joined(separator: "\n") ?? "") }.joined(
            separator: "\n")
    }
}
