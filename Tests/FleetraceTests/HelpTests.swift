import ArgumentParser
import Testing

@testable import fleetrace

/// The examples in each verb's help are accepted by the command itself.
@Suite struct HelpTests {
    /// Every verb, also those below others (`ca init`).
    private static func verbs(below verb: any ParsableCommand.Type = Fleetrace.self) -> [any ParsableCommand.Type] {
        verb.configuration.subcommands.flatMap { [$0] + verbs(below: $0) }
    }

    /// The command lines in a help text that call fleetrace, without `fleetrace` itself.
    private static func examples(in text: String) -> [[String]] {
        text.replacing("\\\n", with: " ").split(separator: "\n")
            .map { $0.drop { $0 == " " } }
            .filter { $0.hasPrefix("fleetrace ") }
            .map { arguments(String($0.dropFirst("fleetrace ".count))) }
    }

    /// Splits a line as a shell does, up to a pipe. Single quotes only.
    private static func arguments(_ line: String) -> [String] {
        var arguments: [String] = []
        for (index, part) in line.split(separator: "'", omittingEmptySubsequences: false).enumerated() {
            if index % 2 == 1 {
                arguments[arguments.count - 1] += part
                continue
            }
            let words = part.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
            if arguments.isEmpty { arguments = [""] }
            arguments[arguments.count - 1] += words.first ?? ""
            arguments += words.dropFirst()
        }
        return Array(arguments.filter { !$0.isEmpty }.prefix { $0 != "|" })
    }

    @Test("Every verb has an example, and every example parses")
    func examples() throws {
        let verbs = Self.verbs()
        #expect(verbs.count >= 16)
        for verb in verbs {
            let examples = Self.examples(in: verb.configuration.discussion)
            #expect(!examples.isEmpty, "\(verb._commandName) has no example")
            for example in examples {
                #expect(throws: Never.self, "fleetrace \(example)") { try Fleetrace.parseAsRoot(example) }
            }
        }
        for example in Self.examples(in: Fleetrace.configuration.discussion) {
            #expect(throws: Never.self, "fleetrace \(example)") { try Fleetrace.parseAsRoot(example) }
        }
    }
}
