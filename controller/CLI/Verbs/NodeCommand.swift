import ArgumentParser
import OperatorClient
import TraceProtocol

struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Show one node: what exists in its kernel's tracing, and whose it is.",
        discussion: """
            Instances and probes of everybody are listed. OWNER is the session and operator for this agent's own, \
            the name of another Fleetrace agent on the same machine, or "somebody else".

            Example:
              fleetrace node web-1
            """)

    @Argument(help: "The node's name, as 'fleetrace nodes' shows it.")
    var name: String

    @OptionGroup var place: PlaceOptions

    func run() async throws {
        try await place.withClient { client in
            var order = WireDescribeNode()
            order.node = name
            guard case .nodeReport(let report) = try await client.request(.describeNode(order)) else {
                throw ClientError.unknownAnswer
            }
            print(NodeText.lines(report).map(\.printable).joined(separator: "\n"))
        }
    }
}
