/// A line of a policy.
struct PolicyRule<Pattern: Sendable>: Sendable {
    enum Verdict: String, Sendable {
        case allow, deny, limit
    }

    let verdict: Verdict
    let pattern: Pattern
    let line: Int
    /// As it was written, with single blanks.
    let text: String
}
