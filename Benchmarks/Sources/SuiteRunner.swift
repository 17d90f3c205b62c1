import Glibc

/// What one suite measured, and what it could not measure.
struct SuiteResult: Sendable {
    let suite: Suite
    var measurements: [Measurement] = []
    /// Why a part cannot run on this machine, one reason for each such part.
    var unavailable: [String] = []
    /// Why a part that can run failed, one reason for each such part.
    var failures: [String] = []
}

/// Runs suites one after the other and writes each figure as soon as it is known.
struct SuiteRunner {
    let input: BenchmarkInput
    let writer: ResultWriter

    /// - Parameter goOnAfterFailure: whether a suite that fails leaves the others to run.
    /// - Throws: what the first failing part threw, unless `goOnAfterFailure`.
    func run(_ suites: [Suite], goOnAfterFailure: Bool) async throws -> [SuiteResult] {
        writer.begin()
        var results: [SuiteResult] = []
        for suite in suites {
            var result = SuiteResult(suite: suite)
            for part in suite.parts {
                do {
                    let measurements = try await part(input)
                    for measurement in measurements { writer.write(measurement) }
                    result.measurements += measurements
                } catch let error as Unavailable {
                    warn("NOT MEASURED: \(suite.rawValue): \(error.reason)")
                    result.unavailable.append(error.reason)
                } catch  where goOnAfterFailure {
                    warn("FAILED: \(suite.rawValue): \(error)")
                    result.failures.append("\(error)")
                }
            }
            results.append(result)
        }
        return results
    }
}

/// This machine lacks what a part of a suite needs.
struct Unavailable: Error, CustomStringConvertible {
    let reason: String
    var description: String { reason }

    /// - Throws: `Unavailable` unless this process runs as root.
    static func requireRoot(to purpose: String) throws {
        guard geteuid() == 0 else { throw Unavailable(reason: "only root can \(purpose)") }
    }
}
