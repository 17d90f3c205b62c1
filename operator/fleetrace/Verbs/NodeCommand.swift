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

    @OptionGroup var place: PlaceOptions

    func run() async throws {
        try await place.withClient { client in
            var order = WireDescribeNode()
            order.node = name
            // Both take a second.
            async let described = client.request(.describeNode(order))
            let sessions = try await runningSessions(client)
            let status = try await nodeStatus(client)
            async let sample = sampleRates(client, sessions, isThere: status?.connected == true)
            guard case .nodeReport(let report) = try await described, let status else {
                throw ClientError.unknownAnswer
            }
            let (rates, remark) = await sample
            try put(
                NodeText(status, report, sessions: sessions, rates: rates, remark: remark).lines(now: WallClock.now()))
            if report.hasRefusal { throw CommandError(report.refusal.text) }
        }
    }

    private func runningSessions(_ client: ControllerClient) async throws -> [WireSessionDescription] {
        guard case .sessions(let list) = try await client.request(.listSessions(WireListSessions())) else {
            throw ClientError.unknownAnswer
        }
        return list.sessions.filter { $0.nodes.contains(name) }
    }

    private func nodeStatus(_ client: ControllerClient) async throws -> WireNodeStatus? {
        guard case .nodes(let list) = try await client.request(.listNodes(WireListNodes())) else {
            throw ClientError.unknownAnswer
        }
        return list.nodes.first { $0.name == name }
    }

    private func sampleRates(
        _ client: ControllerClient, _ sessions: [WireSessionDescription], isThere: Bool
    ) async -> (rates: [(event: String, rate: Double)]?, remark: String) {
        guard isThere else { return (nil, "") }
        do {
            let sample = try await RateSample.take(client, node: name, patterns: sessions.flatMap(\.events))
            return (sample.rates, sample.remark)
        } catch {
            return (nil, "\(error)")
        }
    }
}
