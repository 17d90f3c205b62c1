import ArgumentParser
import CommandArguments
import FleetView
import OperatorClient
import TraceProtocol

struct TopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Watch live how often events happen, by node and by event.",
        discussion: """
            The nodes count, and only totals are sent. ? shows the keys. A node that is stalled or loses events is red and \
            marked with "!". Where the output is no terminal, plain rows are printed at every interval.

            Examples:
              fleetrace top
              fleetrace top -e 'block:*' -e page-faults --on role=db
              fleetrace top --local 2 --for 5s | head
            """)

    @Option(
        name: [.customShort("e"), .customLong("event")],
        help: ArgumentHelp(
            "Events: system:event, a system or a shell pattern, or a counter of perf such as page-faults. May be repeated.",
            valueName: "event"))
    var events: [String] = []

    @OptionGroup var nodes: NodeOptions

    @Option(help: "How often counts are read, at least 100ms (default: 1s).", transform: DurationArgument.parse)
    var interval: Duration?

    @Option(
        name: .customLong("for"), help: "How long. Without it: until q or Ctrl-C.", transform: DurationArgument.parse)
    var duration: Duration?

    private static let usualInterval = Duration.seconds(1)

    func validate() throws {
        guard (.milliseconds(100)...(.seconds(3600))).contains(interval ?? Self.usualInterval) else {
            throw ValidationError("--interval: 100ms to 1h")
        }
    }

    func run() async throws {
        try await nodes.access.withConnector { connect, interrupts in
            try await TopSession(
                selectors: nodes.on, events: events, interval: interval ?? Self.usualInterval, timeLimit: duration,
                connect: connect, interrupts: interrupts
            ).run()
        }
    }
}
