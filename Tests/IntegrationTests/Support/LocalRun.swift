import Foundation

/// `fleetrace trace --local 2`, the quick start, with what it must not leave behind.
struct LocalRun {
    let process: RunningProcess
    /// The agents that it started.
    let agents: [pid_t]

    /// Starts it, and returns when it has printed that it traces.
    static func start(_ arguments: [String], output: RunningProcess.Output = .collected) async throws -> LocalRun {
        let process = try RunningProcess(
            [try Executables.fleetrace(), "trace", "--local", "2"] + arguments, output: output)
        try await process.errors.line(containing: "tracing ", within: .seconds(40))
        let agents = ProcessTable.children(of: process.pid).filter { pid in
            ProcessTable.arguments(of: pid).first?.hasSuffix("fleetrace-agent") ?? false
        }
        return LocalRun(process: process, agents: agents)
    }

    /// The folder of its keys and sessions, from its agents' arguments.
    static func folder(of agent: pid_t) -> String? {
        let arguments = ProcessTable.arguments(of: agent)
        guard let index = arguments.firstIndex(of: "--ca"), arguments.indices.contains(index + 1) else { return nil }
        return arguments[index + 1].components(separatedBy: "/pki/").first
    }

    var survivors: [pid_t] { agents.filter(ProcessTable.isAlive) }
}
