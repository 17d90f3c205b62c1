import FleetView
import OperatorClient
import TraceProtocol

/// How often events happen on one node: a count of one second there.
struct RateSample {
    /// The most frequent first.
    var rates: [(event: String, rate: Double)]
    /// What was left out.
    var remark: String

    private static let interval = Duration.seconds(1)
    /// How long the first totals may take to come.
    private static let patience = Duration.seconds(8)

    /// - Parameter patterns: of events besides the usual ones, as sessions have them.
    /// - Throws: when nothing can be counted, e.g. because this operator may not.
    static func count(_ client: ControllerClient, node: String, patterns: [String]) async throws -> RateSample {
        let chosen = try await TopEvents.usual(on: [node], and: patterns, client)
        let (session, opened) = try await open(chosen, on: node, client)
        let report = try await session.firstReport(within: patience) { report in
            report.nodes.contains { $0.totals.elapsedNs > 0 }
        }
        session.stop()
        guard let report else { throw CommandError("no counts came") }
        var rates = FleetRates(opened)
        rates.ingest(report)
        return RateSample(rates: rates.eventRates, remark: chosen.remark)
    }

    private static func open(
        _ events: TopEvents, on node: String, _ client: ControllerClient
    ) async throws -> (session: OperatorSession, opened: WireSessionOpened) {
        do {
            return try await OperatorSession.open(events.request(on: [node], interval: interval), on: client)
        } catch let error as SessionNotStarted {
            throw CommandError(error.lines.joined(separator: "; "))
        }
    }
}
