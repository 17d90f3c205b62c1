/// How well a session, or its report, went: with a problem the exit status is 1.
public struct Verdict: Hashable, Sendable {
    public var problems: [String]

    public init(problems: [String] = []) {
        self.problems = problems
    }

    public var isGood: Bool { problems.isEmpty }

    /// A session with thousands of damaged pages must not fill the screen.
    private static let mostLines = 20

    /// For stderr.
    public var lines: [String] {
        let shown = problems.prefix(Self.mostLines).map { "problem: \($0)" }
        return problems.count > Self.mostLines
            ? shown + ["problem: and \(problems.count - Self.mostLines) more"] : shown
    }
}
