/// What became of the promises of the suites that ran.
struct CheckReport: Sendable {
    enum PromiseOutcome: Sendable {
        case held(ratio: Double)
        case fell(ratio: Double)
        case notChecked(reason: String)
    }

    private(set) var outcomes: [(promise: PerformancePromise, outcome: PromiseOutcome)] = []
    /// A suite and why it failed.
    private let failures: [String]

    /// - Parameter results: of the suites that were selected. Promises of other suites are left out.
    init(promises: [PerformancePromise], results: [SuiteResult]) {
        failures = results.flatMap { result in result.failures.map { "\(result.suite.rawValue): \($0)" } }
        for result in results {
            for promise in promises where promise.suite == result.suite {
                outcomes.append((promise, Self.outcome(promise, result)))
            }
        }
    }

    private static func outcome(_ promise: PerformancePromise, _ result: SuiteResult) -> PromiseOutcome {
        let values = Dictionary(result.measurements.map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
        guard let figure = values[promise.figure], let against = values[promise.against] else {
            let missing = values[promise.figure] == nil ? promise.figure : promise.against
            let reasons = result.unavailable + (result.failures.isEmpty ? [] : ["the suite failed"])
            return .notChecked(
                reason: reasons.isEmpty ? "the suite has no figure \(missing)" : reasons.joined(separator: "; "))
        }
        let ratio = figure / against
        return promise.holds(ratio) ? .held(ratio: ratio) : .fell(ratio: ratio)
    }

    var held: Int { outcomes.count { if case .held = $0.outcome { true } else { false } } }
    var fell: Int { outcomes.count { if case .fell = $0.outcome { true } else { false } } }
    var notChecked: Int { outcomes.count - held - fell }

    /// 0 when every promise was checked and holds, 1 when one fell or a suite failed, 2 when one was not checked.
    var exitStatus: Int32 {
        if fell > 0 || !failures.isEmpty { return 1 }
        return notChecked > 0 || outcomes.isEmpty ? 2 : 0
    }

    /// Writes each promise to stdout, then what matters to stderr: what fell, what was not checked, and the sum.
    func write(format: ResultFormat) {
        let writer = ResultWriter(format: format)
        writer.beginPromises()
        for (promise, outcome) in outcomes { writer.write(promise, outcome) }
        for (promise, outcome) in outcomes {
            switch outcome {
            case .held: break
            case .fell(let ratio):
                warn(
                    """
                    FELL: \(promise.suite.rawValue): \(promise.name): \(promise.figure) is \(ResultWriter.number(ratio)) x \
                    \(promise.against), promised is \(promise.bound) (\(promise.promisedIn))
                    """)
            case .notChecked(let reason):
                warn("NOT CHECKED: \(promise.suite.rawValue): \(promise.name): \(reason)")
            }
        }
        for failure in failures { warn("FAILED: \(failure)") }
        warn(
            "\(held) of \(outcomes.count) promises hold, \(fell) fell, \(notChecked) were not checked"
                + (failures.isEmpty ? "" : ", some suites failed"))
    }
}
