import TextPatterns
import TraceProtocol

/// The kernel's filter for `--comm`.
enum CommFilter {
    /// `COMM ~ "nginx*" || COMM ~ "postgres"`; nil if there is no pattern.
    static func text(_ comms: [String]) throws(WireRefusal) -> String? {
        if let problem = TaskNamePattern.problem(comms) { throw WireRefusal(.badFilter, problem) }
        guard !comms.isEmpty else { return nil }
        return comms.map { "COMM ~ \"\(TaskNamePattern.forKernel($0))\"" }.joined(separator: " || ")
    }
}
