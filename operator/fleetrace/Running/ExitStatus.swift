import ArgumentParser
import OperatorClient
import Timeline

extension Verdict {
    /// - Parameters:
    ///   - damage: what could not be read, one line each.
    ///   - problem: what else is wrong; nil when nothing is.
    init(_ account: SessionAccount, damage: [String], problem: String?) {
        self.init(problems: damage + account.problems + [problem].compactMap { $0 })
    }

    /// Prints the problems on stderr. With one, the command ends with exit status 1.
    func exit() throws {
        try SessionEnding.complete(self, commandStatus: 0).exit()
    }
}

extension SessionEnding {
    /// Prints what is left to say on stderr, and ends the command unless its exit status is 0.
    func exit() throws {
        for line in lines { say(message: line) }
        if exitStatus != 0 { throw ExitCode(exitStatus) }
    }
}
