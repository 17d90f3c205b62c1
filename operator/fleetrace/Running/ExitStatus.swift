import ArgumentParser
import OperatorClient
import Timeline
import TraceProtocol

extension Verdict {
    /// - Parameters:
    ///   - findings: what matched messages showed.
    ///   - problem: what is wrong besides; nil when nothing is.
    init(_ account: SessionAccount, _ findings: CausalFindings? = nil, problem: String? = nil) {
        self.init(problems: account.problems + (findings?.problems ?? []) + [problem].compactMap(\.self))
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
