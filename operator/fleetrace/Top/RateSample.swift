import FleetView
import OperatorClient
import TraceProtocol

/// How often events happen on one node: a count of one second there.
struct RateSample {
    /// The most frequent first.
    var rates: [(event: String, rate: Double)]
    /// What was left out.
    var remark: String

    /// ms.
    private static let interval: UInt32 = 1000
    /// Turns of 100 ms in which the first totals have to come.
    private static let patience = 80

    /// - Parameter patterns: of events besides the usual ones, as sessions have them.
    /// - Throws: when nothing can be counted, e.g. because this operator may not.
    static func take(_ client: ControllerClient, node: String, patterns: [String]) async throws -> RateSample {
        let chosen = try await TopEvents.usual(on: [node], and: patterns, client)
        let order = chosen.order(on: [node], milliseconds: interval)
        guard case .opened(let opened) = try await client.request(.openSession(order)) else {
            throw ClientError.unknownAnswer
        }
        guard opened.started else {
            throw CommandError(RefusalText.lines(opened.replies.filter(\.isRefusal), of: 1).joined(separator: "; "))
        }
        let report = await withCheckedContinuation { continuation in
            Worker.start { continuation.resume(returning: firstReport(client.queue)) }
        }
        var stop = WireStopSession()
        stop.session = opened.session
        _ = try? await client.request(.stopSession(stop))
        guard let report else { throw CommandError("no counts came") }
        var rates = FleetRates(opened)
        rates.take(report)
        return RateSample(rates: rates.eventRates, remark: chosen.remark)
    }

    private static func firstReport(_ queue: LogQueue) -> WireCountReport? {
        for _ in 0..<patience {
            for item in queue.take(waiting: 0.1) {
                switch item {
                case .counts(let report, _) where report.nodes.contains(where: { $0.totals.elapsedNs > 0 }):
                    return report
                case .end, .disconnected: return nil
                default: break
                }
            }
        }
        return nil
    }
}
