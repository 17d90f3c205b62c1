import Foundation

/// A controller and nodes, as an operator uses them.
protocol OperatedFleet: Sendable {
    /// For files that a test writes.
    var folder: TemporaryFolder { get }
    /// How an operator reaches the controller.
    var access: [String] { get }
    /// How often a session may be refused because a node was too slow.
    var startAttempts: Int { get }
    /// Adds a process that ends with the fleet.
    func keep(_ process: RunningProcess) -> RunningProcess
}

extension OperatedFleet {
    var startAttempts: Int { 1 }

    /// Waits until the controller lists these nodes as connected, with known clocks. It may still be starting.
    func connected(_ names: [String]) async throws {
        try await eventually("\(names) are connected", within: .seconds(30)) {
            let list = try await self.run(["nodes"] + self.access, expecting: nil).output.texts
            return names.allSatisfy { name in
                list.contains { $0.hasPrefix(name + " ") && $0.contains(" connected ") && !$0.contains("±?") }
            }
        }
    }

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

    /// What the controller lists of sessions, as JSON.
    func sessions() async throws -> [[String: Any]] {
        try await run(["sessions", "--format", "json"] + access).output.texts.map { line in
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
        }
    }

    /// Starts `fleetrace trace`, and returns when it has printed that it traces.
    func trace(
        _ arguments: [String], output: RunningProcess.Output = .collected, command: [String] = []
    ) async throws -> RunningProcess {
        try await session(["trace"] + arguments + access, output, command)
    }

    /// Starts `fleetrace record`, and returns when it has printed that it traces.
    func record(_ arguments: [String], into path: String) async throws -> RunningProcess {
        try await session(["record", "-o", path] + arguments + access, .collected, [])
    }

    /// Ends a command that has lost its controller and would wait for another one.
    func endWaiting(_ process: RunningProcess) async throws -> ExitStatus {
        try await process.errors.line(containing: "connecting again for up to")
        process.send(SIGINT)
        return try await process.exit(within: .seconds(10))
    }

    /// Starts `fleetrace stat`, and returns when it has printed that it counts.
    func stat(
        _ arguments: [String], command: [String] = [], environment: [String: String] = [:]
    ) async throws -> RunningProcess {
        try await session(["stat"] + arguments + access, .collected, command, environment)
    }

    private func session(
        _ arguments: [String], _ output: RunningProcess.Output, _ command: [String],
        _ environment: [String: String] = [:]
    ) async throws -> RunningProcess {
        for _ in 1..<startAttempts {
            do {
                return try await start(arguments, output, command, environment)
            } catch let failure as TestFailure where Self.isSlow(failure.description) {
                print("STARTED AGAIN, as a node was too slow: \(failure)")
            }
        }
        return try await start(arguments, output, command, environment)
    }

    /// Whether a controller's patience with a node has ended (CommandPatience).
    private static func isSlow(_ text: String) -> Bool {
        ["no answer within", "still at work after", "still busy after"].contains { text.contains($0) }
    }

    private func start(
        _ arguments: [String], _ output: RunningProcess.Output, _ command: [String], _ environment: [String: String]
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

    /// Runs a verb with a long output, and parses only the lines that contain `text`.
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
}
