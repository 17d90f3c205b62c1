import TraceProtocol

extension LogQueue {
    /// How long a consumer waits before its next tick.
    private static let tick = Duration.milliseconds(20)

    /// Feeds a consumer until the stream ends. Blocks.
    ///
    /// - Parameter say: tells a person of a connection that is lost, and of its return.
    func feed(_ consumer: any SessionConsumer, say: (String) -> Void) throws -> Verdict {
        var isSuspended = false
        while true {
            for item in removeAll(waiting: Self.tick) {
                switch item {
                case .chunk(let chunk): try consumer.consume(chunk)
                case .counts(let report, _): try consumer.consume(report)
                case .suspended(let text):
                    try consumer.tick()
                    isSuspended = true
                    say(text)
                case .resumed(let text):
                    isSuspended = false
                    consumer.resume()
                    say(text)
                case .end(let problem): return try consumer.finish(problem: problem)
                case .disconnected(let reason):
                    return try consumer.finish(problem: "the connection to the controller was lost: \(reason)")
                }
            }
            // Nothing has come of any node: that is no silence of theirs.
            if !isSuspended { try consumer.tick() }
        }
    }

    /// Hands out the reports of a count until the stream ends. Blocks.
    ///
    /// - Returns: why there are no more.
    func forEachReport(_ body: (WireCountReport) -> Void) -> CountEnd {
        while true {
            for item in removeAll(waiting: .seconds(1)) {
                switch item {
                case .counts(let report, _): body(report)
                case .end(let problem): return .ended(problem: problem)
                case .disconnected(let reason): return .disconnected(reason)
                case .chunk, .suspended, .resumed: break
                }
            }
        }
    }

    /// The first report for which `condition` holds. Blocks.
    ///
    /// - Returns: nil when the stream ended or `limit` passed before it came.
    func firstReport(within limit: Duration, where condition: (WireCountReport) -> Bool) -> WireCountReport? {
        let deadline = ContinuousClock.now + limit
        while true {
            for item in removeAll(waiting: max(.zero, deadline - .now)) {
                switch item {
                case .counts(let report, _) where condition(report): return report
                case .end, .disconnected: return nil
                case .counts, .chunk, .suspended, .resumed: break
                }
            }
            if ContinuousClock.now >= deadline { return nil }
        }
    }
}

/// Why no more reports of a count will come.
public enum CountEnd: Hashable, Sendable {
    case ended(problem: String)
    case disconnected(String)
}
