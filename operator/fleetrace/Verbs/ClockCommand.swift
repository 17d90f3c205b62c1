import ArgumentParser
import Timeline

struct ClockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock",
        abstract: "Show the clocks of a recorded session: bound, offset, drift and round trip over time, and breaks.",
        discussion: """
            What 'report' knows of the nodes' clocks, from the session's clock probes. OFFSET is the controller's clock less \
            the node's, DRIFT how much faster it ran. (It is a verb: 'report --clock' chooses what bounds rest on.)

            Examples:
              fleetrace clock s1
              fleetrace clock s1 --node web-1 --clock hard
              fleetrace clock s1 --format svg > clocks.svg
            """)

    @Argument(
        help: ArgumentHelp("Sessions' directories, and sessions that the controller keeps.", valueName: "session"))
    var inputs: [String]

    @Option(help: "Only this node; may be repeated.")
    var node: [String] = []

    @Option(help: "text, svg (a picture) or json (one object for each node).")
    var format = ClockReport.Format.text

    @Flag(name: .customLong("utc"), help: "Times of day in UTC, not in the zone of this machine.")
    var isUTC = false

    @OptionGroup var clock: ClockOptions

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        if inputs.isEmpty { throw ValidationError("name a session's directory, or a session of the controller") }
    }

    func run() async throws {
        guard inputs.contains(where: StoredInput.isNoPath) else {
            return try CommandError.catching { try report(inputs) }
        }
        try await connection.access.withConnector { connect, interrupts in
            try await StoredInput.withPaths(of: inputs, connect, interrupts) { paths, _ in try report(paths) }
        }
    }

    private func report(_ paths: [String]) throws {
        let report = try ClockReport(
            paths.map { try ReportInput(path: $0) }, nodes: Set(node), wander: clock.wander,
            times: TimeDisplay(isUTC: isUTC))
        try put(report.lines(format))
    }
}

extension ClockReport.Format: ExpressibleByArgument {}
