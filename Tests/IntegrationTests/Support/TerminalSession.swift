import Foundation
import Testing

/// A shell in a tmux terminal with a server of its own: tests press keys and read the screen.
struct TerminalSession: Sendable {
    private let socket: String
    private static let prompt = "ready> "

    /// Runs `body` with a shell, and ends the server, also when `body` throws.
    static func with<R>(
        columns: Int, rows: Int, environment: [String: String] = [:], _ body: (TerminalSession) async throws -> R
    ) async throws -> R {
        let session = TerminalSession(socket: "ft" + String(UInt32.random(in: 0x1000_0000 ... .max), radix: 16))
        let variables = environment.merging(["LC_ALL": "C.UTF-8", "HISTFILE": "", "NO_COLOR": ""]) { stated, _ in stated
        }
        try await session.tmux(
            ["-f", "/dev/null", "new-session", "-d", "-x", "\(columns)", "-y", "\(rows)"]
                + variables.flatMap { ["-e", "\($0.key)=\($0.value)"] } + ["bash --norc --noprofile"])
        let result: Result<R, any Error>
        do {
            try await session.until("a shell") { $0.contains { !$0.isEmpty } }
            // An interactive shell sets it in any case.
            try await session.type("PS1='\(prompt)'; clear")
            try await session.until("a prompt") { $0.first?.hasPrefix("ready>") == true }
            result = .success(try await body(session))
        } catch {
            result = .failure(error)
        }
        _ = try? await session.tmux(["kill-server"])
        return try result.get()
    }

    @discardableResult
    private func tmux(_ arguments: [String]) async throws -> [String] {
        let process = try RunningProcess(["tmux", "-u", "-L", socket] + arguments, environment: ["TMUX": ""])
        let status = try await process.exit(within: .seconds(10))
        guard status == .success else {
            throw TestFailure("tmux \(arguments.joined(separator: " ")): \(status), \(process.errors.text)")
        }
        return process.output.texts
    }

    /// Types a line and Return.
    func type(_ line: String) async throws {
        try await tmux(["send-keys", "-l", line])
        try await press("Enter")
    }

    /// Presses keys by tmux's names for them, e.g. `Up`, `C-c`, `q`.
    func press(_ keys: String...) async throws {
        try await tmux(["send-keys"] + keys)
    }

    func resize(columns: Int, rows: Int) async throws {
        try await tmux(["resize-window", "-x", "\(columns)", "-y", "\(rows)"])
    }

    /// The lines on the screen, without the blanks at their ends.
    func screen() async throws -> [String] { try await tmux(["capture-pane", "-p"]) }

    /// The same with the control sequences for colours.
    func coloredScreen() async throws -> [String] { try await tmux(["capture-pane", "-p", "-e"]) }

    /// Whether a program uses the alternate screen.
    func isAlternate() async throws -> Bool { try await state("alternate_on") == "1" }
    func isCursorShown() async throws -> Bool { try await state("cursor_flag") == "1" }

    private func state(_ name: String) async throws -> String {
        try await tmux(["display-message", "-p", "#{\(name)}"]).first ?? ""
    }

    /// Waits for a screen.
    ///
    /// - Returns: the screen.
    @discardableResult
    func until(
        _ what: String, within limit: Duration = .seconds(20), _ condition: ([String]) -> Bool
    ) async throws -> [String] {
        var last: [String] = []
        do {
            try await eventually(what, within: limit) {
                last = try await screen()
                return condition(last)
            }
        } catch {
            throw TestFailure("\(error); the screen:\n\(last.joined(separator: "\n"))")
        }
        return last
    }
}

extension Requirements {
    /// Why there is no terminal to test in; nil when there is.
    static let missingForTerminals: String? =
        ["/usr/bin/tmux", "/bin/tmux", "/usr/local/bin/tmux"].contains(where: FileManager.default.isExecutableFile)
        ? nil : "tmux is not installed (scripts/install-packages)"
}

extension Trait where Self == ConditionTrait {
    static var needsTerminal: Self {
        .enabled(
            if: Requirements.missingForTerminals == nil,
            "SKIPPED, not tested: \(Requirements.missingForTerminals ?? "")")
    }
}
