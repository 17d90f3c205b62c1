import ArgumentParser
import Foundation

/// `fleetrace-benchmarks`: every number is measured by the run that prints it.
@main
struct Benchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleetrace-benchmarks",
        abstract: "Measure Fleetrace on real pages.",
        subcommands: [All.self] + Suite.commands + [Load.self])

    static func main() async {
        FileLimit.set()
        let watch = TemporaryFolder.removeOnSignal()
        await main(nil)
        withExtendedLifetime(watch) {}
    }
}

struct OutputOptions: ParsableArguments {
    @Option(help: "table or json (one object a line).")
    var format = ResultWriter.Format.table
}

extension ResultWriter.Format: ExpressibleByArgument {}

struct All: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run every benchmark.")
    @OptionGroup var input: InputOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try await Suite.run(Suite.allCases, input: input, output: output)
    }
}

struct Load: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make system calls as fast as possible (the other benchmarks start this).", shouldDisplay: false)
    @Option(name: .customLong("for"), help: "Seconds.") var seconds = 5.0
    @Option(help: "Threads.") var threads = 2
    @Option(help: "Instead of for a time, a fixed amount of work on one thread.") var rounds: Int?

    func run() {
        if let rounds { return SystemCallLoad.run(rounds: rounds) }
        SystemCallLoad.run(seconds: seconds, threads: threads)
    }
}
