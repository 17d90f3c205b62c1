import ArgumentParser
import Timeline

/// What a command says at its end: problems, each on a line of its own on stderr, make the exit status 1.
struct Verdict {
    var account: SessionAccount
    var damage: [String] = []
    var problem: String?

    func exit() throws {
        let problems = damage + account.problems + [problem].compactMap { $0 }
        guard !problems.isEmpty else { return }
        // A session of thousands of damaged places need not fill the screen.
        for line in problems.prefix(Self.shown) { say("problem: \(line)") }
        if problems.count > Self.shown { say("problem: and \(problems.count - Self.shown) more") }
        throw ExitCode.failure
    }

    private static let shown = 20
}
