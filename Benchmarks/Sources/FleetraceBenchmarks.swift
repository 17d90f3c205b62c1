import ArgumentParser
import Foundation

/// `fleetrace-benchmarks`: the same run that prints a figure measures it.
@main
struct FleetraceBenchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleetrace-benchmarks",
        abstract: "Measure Fleetrace, and compare the figures with what is promised.",
        discussion: """
            SUITES
            \(Suite.allCases.map { "  \($0.rawValue.padding(toLength: 12, withPad: " ", startingAt: 0))\($0.abstract)" }
                .joined(separator: "\n"))

            Measure on an otherwise idle machine: figures of latency, fleet and fan-out are times on the wall.

            EXIT STATUS OF --check
              0  every promise was checked and holds
              1  a promise fell, or a suite failed
              2  no promise fell, but some were not checked

            EXAMPLES
              fleetrace-benchmarks report codec --corpus trace.dat
              fleetrace-benchmarks all --format json
              fleetrace-benchmarks peers stat --check
            """)

    @Argument(help: "The suites to run, or `all` (default: all).")
    var suites: [SuiteSelection] = []

    @Flag(help: "Compare with the promised ratios, and say which of them fell.")
    var check = false

    @Option(help: ArgumentHelp("The promised ratios (default: Benchmarks/Thresholds.json).", valueName: "file"))
    var thresholds: String?

    @Option(help: "table or json (one object a line).")
    var format = ResultFormat.table

    @OptionGroup var input: InputOptions

    static func main() async {
        FileLimit.set()
        let watch = ScratchFolder.removeOnSignal()
        let arguments = CommandLine.arguments.dropFirst()
        // The suites start this program again as the load that they measure under.
        if arguments.first == Load.name {
            Load.main(Array(arguments.dropFirst()))
        } else {
            await main(nil)
        }
        withExtendedLifetime(watch) {}
    }

    func run() async throws {
        let promises = check ? try Thresholds.read(thresholds ?? Thresholds.committed).promises : []
        let runner = SuiteRunner(input: BenchmarkInput(input), writer: ResultWriter(format: format))
        let results = try await runner.run(SuiteSelection.suites(suites), goOnAfterFailure: check)
        guard check else { return }
        let report = CheckReport(promises: promises, results: results)
        report.write(format: format)
        if report.exitStatus != 0 { throw ExitCode(report.exitStatus) }
    }
}

/// `all`, or the name of one suite.
enum SuiteSelection: ExpressibleByArgument {
    case all
    case one(Suite)

    init?(argument: String) {
        if argument == "all" {
            self = .all
        } else if let suite = Suite(rawValue: argument) {
            self = .one(suite)
        } else {
            return nil
        }
    }

    static var allValueStrings: [String] { ["all"] + Suite.allCases.map(\.rawValue) }

    /// The selected suites, each once, in the order of `Suite`.
    static func suites(_ selections: [SuiteSelection]) -> [Suite] {
        Suite.allCases.filter { suite in
            selections.isEmpty
                || selections.contains { selection in
                    switch selection {
                    case .all: true
                    case .one(let one): one == suite
                    }
                }
        }
    }
}

extension ResultFormat: ExpressibleByArgument {}

/// `fleetrace-benchmarks load`: the suites start it, and perf, trace-cmd and `fleetrace` record or count it.
struct Load: ParsableCommand {
    static let name = "load"
    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Make system calls as fast as possible.")

    @Option(name: .customLong("for"), help: "Seconds.")
    var seconds = 5.0

    @Option(help: "Threads.")
    var threads = 2

    @Option(help: "A fixed amount of work on one thread, in place of a time.")
    var rounds: Int?

    @Option(help: "A fixed number of round trips between two threads of one CPU, in place of system calls.")
    var switches: Int?

    func run() {
        if let switches {
            SwitchStorm.run(rounds: switches)
        } else if let rounds {
            SystemCallStorm.run(rounds: rounds)
        } else {
            SystemCallStorm.run(seconds: seconds, threads: threads)
        }
    }
}
