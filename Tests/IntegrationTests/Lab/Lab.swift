import Foundation
import Synchronization
import Testing

/// The fleet of real kernels in which `scripts/lab` runs these tests.
struct Lab: OperatedFleet {
    let folder: TemporaryFolder
    /// The lab's folder, from the environment; nil outside of a lab.
    static let path = ProcessInfo.processInfo.environment["FLEETRACE_LAB"]
    /// All nodes, this machine included when it takes part.
    static let names: [String] = {
        guard let path, let text = try? String(contentsOfFile: "\(path)/nodes", encoding: .utf8) else { return [] }
        return text.split(separator: "\n").map(String.init)
    }()

    var names: [String] { Self.names }
    var guests: [String] { names.filter { $0 != Self.host } }
    /// The oldest and the newest kernel, where each guest costs seconds.
    var ends: [String] { guests.count < 2 ? guests : [guests[0], guests[guests.count - 1]] }
    var hasHost: Bool { names.contains(Self.host) }
    /// This machine's name as a node.
    static let host = "host"

    /// The test before this one has found the nodes clean at its end. The tests of a lab run one after the other.
    private static let isClean = Mutex(false)

    /// Runs `body`, and checks that nothing of it remains on any node.
    static func with<R>(_ body: (Lab) async throws -> R) async throws -> R {
        try await TemporaryFolder.with { folder in
            let lab = Lab(folder: folder)
            // To look costs each emulated guest a second.
            let wasClean = isClean.withLock { isClean in
                defer { isClean = false }
                return isClean
            }
            if !wasClean { try await lab.clean("before the test") }
            let result = try await body(lab)
            try await lab.clean("after the test")
            isClean.withLock { $0 = true }
            return result
        }
    }

    private func clean(_ when: String) async throws {
        var found: [String] = []
        // What a killed operator held is held for him for half a minute.
        try await eventually("nothing remains \(when): \(found)", within: .seconds(60)) {
            found = try await leftovers()
            // Asking costs emulated guests more than waiting.
            if !found.isEmpty { try await Task.sleep(for: .milliseconds(500)) }
            return found.isEmpty
        }
    }

    // MARK: What an operator does

    /// The options that select these nodes.
    static func on(_ names: some Sequence<String>) -> [String] { names.flatMap { ["--on", $0] } }

    var access: [String] {
        let environment = ProcessInfo.processInfo.environment
        return [
            "--controller", environment["FLEETRACE_CONTROLLER"] ?? "", "--pki", environment["FLEETRACE_PKI"] ?? "",
        ]
    }

    func keep(_ process: RunningProcess) -> RunningProcess { process }

    /// Emulated guests on a busy machine may be mute for 2 s, and a controller waits no longer for a node.
    var startAttempts: Int { 6 }

    // MARK: What a person on the node sees

    /// Runs a shell command on a guest, not by way of the agent.
    ///
    /// - Throws: `TestFailure` when it does not succeed.
    @discardableResult
    func guest(_ name: String, _ command: String, within limit: Duration = .seconds(60)) async throws -> [String] {
        let process = try RunningProcess(["guest", name, command])
        let status = try await process.exit(within: limit)
        guard status == .success else {
            throw TestFailure("\(name): \(command): \(status)\n\(process.output.text)\n\(process.errors.text)")
        }
        return process.output.texts
    }

    /// The same on several guests at once.
    ///
    /// - Parameter names: nil for all.
    /// - Returns: what each printed.
    @discardableResult
    func guests(
        _ command: String, on names: [String]? = nil, within limit: Duration = .seconds(60)
    ) async throws -> [String: [String]] {
        try await withThrowingTaskGroup(of: (String, [String]).self) { group in
            for name in names ?? guests { group.addTask { (name, try await guest(name, command, within: limit)) } }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// The process that the lab keeps alive: "controller" or "host".
    func pid(of process: String) throws -> pid_t {
        let text = (try? String(contentsOfFile: "\(Self.path ?? "")/\(process).pid", encoding: .utf8)) ?? ""
        guard let pid = pid_t(text.filter(\.isNumber)) else { throw TestFailure("no pid of \(process)") }
        return pid
    }

    /// How the groups of this machine's node end: the FNV-1a hash of "host". Other agents may run beside it here.
    private static let hostGroup = "_affea56f/"

    /// Instances and probes of Fleetrace that exist on the nodes.
    func leftovers() async throws -> [String] {
        // Without a program that has to be started: guests are asked after each test.
        let found = try await guests(
            """
            cd /sys/kernel/tracing/instances; for name in *; do echo "$name"; done
            while read -r line; do echo "$line"; done <../dynamic_events
            """)
        var all = guests.flatMap { name in
            (found[name] ?? []).filter { $0.contains("fleetrace") }.map { "\(name): \($0)" }
        }
        if hasHost {
            let events =
                (try? String(contentsOfFile: "\(TracefsState.root ?? "")/dynamic_events", encoding: .utf8)) ?? ""
            let probes = events.split(separator: "\n").filter {
                $0.contains("fleetrace_") && $0.contains(Self.hostGroup)
            }
            all += (TracefsState.instances(of: Self.host) + probes.map(String.init)).map { "\(Self.host): \($0)" }
        }
        return all
    }
}

/// Tests on the kernels of a lab; each begins and ends with nothing of Fleetrace's on any node.
@Suite(
    .serialized, .enabled(if: !Lab.names.isEmpty, "SKIPPED, not tested: no lab (run scripts/lab 2 -- swift test ...)"))
struct LabTests {}
