import TextPatterns

/// Finds comparisons that hold for no event, whatever it is. An empty result would pass for an answer.
struct FilterCheck {
    private let filter: String
    private let format: EventFormat

    init(_ filter: String, _ format: EventFormat) {
        self.filter = filter
        self.format = format
    }

    /// - Throws: why it never holds.
    func check(_ test: FilterTest) throws(EventPredicateError) {
        guard let field = format.field(test.field) else {
            if test.field == "COMM" || test.field == "comm" {
                try checkLength(test, longest: TaskNamePattern.longestName, "a task's name")
            }
            return
        }
        switch field.kind {
        case .string: try checkLength(test, longest: field.size - 1, "the field \(field.name)")
        default: break
        }
    }

    private func checkLength(_ test: FilterTest, longest: Int, _ what: String) throws(EventPredicateError) {
        let needed: Int
        switch test.op {
        case .equal: needed = test.value.utf8.count
        case .matches: needed = KernelPattern.shortestMatch(test.value)
        default: return
        }
        guard needed > longest else { return }
        throw error("this never holds: \(what) has \(longest) bytes at most, and this needs \(needed)", test)
    }

    private func error(_ reason: String, _ test: FilterTest) -> EventPredicateError {
        EventPredicateError(reason: reason, position: test.valuePosition, filter: filter, fields: [])
    }
}

/// What can be said of a condition before any event is there.
public enum FilterSyntaxCheck {
    /// - Throws: for text that is no condition, and for a task's name that no task can have.
    public static func check(_ condition: String) throws(EventPredicateError) {
        for test in try FilterParser.parse(condition).tests where test.field == "COMM" || test.field == "comm" {
            let needed = test.op == .matches ? KernelPattern.shortestMatch(test.value) : test.value.utf8.count
            guard test.op == .matches || test.op == .equal, needed > TaskNamePattern.longestName else { continue }
            throw EventPredicateError(
                reason:
                    "this never holds: a task's name has \(TaskNamePattern.longestName) bytes at most, and this needs \(needed)",
                position: test.valuePosition, filter: condition, fields: [])
        }
    }
}
