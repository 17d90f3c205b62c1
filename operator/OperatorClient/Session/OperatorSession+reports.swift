import Threads
import TraceProtocol

/// For those who watch a count and do not need its end.
extension OperatorSession {
    /// Hands out the reports of a count on a thread of its own, and at last why there are no more.
    public func forEachReport(
        _ onReport: @escaping @Sendable (WireCountReport) -> Void, onEnd: @escaping @Sendable (CountEnd) -> Void
    ) throws {
        try spawnThread(name: "reports") { [queue = link.queue] in onEnd(queue.forEachReport(onReport)) }
    }

    /// The first report for which `condition` holds; nil when the count ended or `limit` passed before it came.
    public func firstReport(
        within limit: Duration, where condition: @escaping @Sendable (WireCountReport) -> Bool
    ) async throws -> WireCountReport? {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try spawnThread(name: "reports") { [queue = link.queue] in
                    continuation.resume(returning: queue.firstReport(within: limit, where: condition))
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
