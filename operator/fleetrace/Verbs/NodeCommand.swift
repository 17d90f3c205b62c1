import ArgumentParser
import ControllerCore
import FleetView
import OperatorClient
import SystemFacts
import TraceProtocol

struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node",
        abstract: "Show everything about one node.",
        discussion: """
            Its facts; how well its clock is known; the sessions that record there, with where each CPU's events are; trace \
            instances and probes, whoever made them (OWNER is the session and operator for this agent's own, the name of \
            another Fleetrace agent on the same machine, or "somebody else"); how often events happen and which programs \
            take the CPUs, over one second; what the agent costs; the last lines that agent and controller have logged. \
            Rates are counted, for which the role tracer is needed.

            Example:
              fleetrace node web-1
            """)

    @Argument(help: "The node's name, as 'fleetrace nodes' shows it.")
    var name: String

    @OptionGroup var nodes: NodeOptions

    func run() async throws {
        try await nodes.access.withClient { client in
            // The description and the sample of rates each take a second, so they run side by side.
            async let described = client.describeNode(name)
            let sessions = try await client.sessions().filter { $0.nodes.contains(name) }
            let status = try await client.nodes().first { $0.name == name }
            let sample = Task { [self] in
                await sampleRates(client, sessions, isConnected: status?.connected == true)
            }
            let report = try await described
            guard let status else { throw ClientError.unknownReply }
            // A node that does not describe itself does not count either: that is not waited for.
            var sampled: (rates: [(event: String, rate: Double)]?, remark: String) = (nil, "")
            if !report.hasRefusal { sampled = await sample.value }
            try put(
                NodeText(status, report, sessions: sessions, rates: sampled.rates, remark: sampled.remark)
                    .lines(now: .now))
            if report.hasRefusal { throw CommandError(report.refusal.text) }
        }
    }

    private func sampleRates(
        _ client: ControllerClient, _ sessions: [WireSessionDescription], isConnected: Bool
    ) async -> (rates: [(event: String, rate: Double)]?, remark: String) {
        guard isConnected else { return (nil, "") }
        do {
            let sample = try await RateSample.count(client, node: name, patterns: sessions.flatMap(\.events))
            return (sample.rates, sample.remark)
        } catch {
            return (nil, "\(error)")
        }
    }
}
