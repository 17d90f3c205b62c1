import ArgumentParser
import OperatorClient
import TraceProtocol

extension Verdict {
    /// - Parameter problem: what is wrong besides; nil when nothing is.
    init(_ account: SessionAccount, problem: String? = nil) {
        self.init(problems: account.problems + [problem].compactMap(\.self))
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
