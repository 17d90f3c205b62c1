import ArgumentParser
import Probes

/// What can be checked of a probe before anything is sent.
enum ProbeSyntax {
    static func check(_ probes: [String]) throws {
        for probe in probes {
            do throws(ProbeSyntaxError) {
                _ = try ProbeSpec(parsing: probe)
            } catch {
                throw ValidationError("not a probe: \(error)")
            }
        }
    }
}
