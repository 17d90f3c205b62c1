import ArgumentParser
import EventFormat
import TextPatterns

/// What can be checked of conditions on events before anything is sent or read.
enum ConditionSyntax {
    /// - Parameters:
    ///   - condition: of `--where`.
    ///   - comms: of `--comm`.
    static func check(_ condition: String? = nil, comms: [String] = []) throws {
        if let problem = TaskNamePattern.problem(comms) { throw ValidationError("--comm: \(problem)") }
        guard let condition else { return }
        do throws(EventPredicateError) {
            try FilterSyntaxCheck.check(condition)
        } catch {
            throw ValidationError("--where: \(error)")
        }
    }
}
