import TraceClock
import TraceProtocol

/// Which probes of a log say something about its trace clock: none that was answered by a clock which had parted from
/// it (`TraceClockWatch` on the agent). No I/O.
struct ClockParting {
    /// Times of the trace clock (ns) in which it and the agent's reading of it had parted: after the first, before the second.
    private(set) var spans: [(after: Int64, until: Int64)] = []
    private var isParted: Bool { spans.last?.until == .max }

    /// Partings that are told apart. Of more, the last goes on to the end.
    static let most = 256

    /// What the agent found.
    ///
    /// - Returns: the break that begins with it; nil for the end of one.
    mutating func add(_ check: WireClockCheck) -> (reason: ClockBreakReason, after: Int64)? {
        if check.agrees {
            if let last = spans.last, isParted, spans.count < Self.most {
                spans[spans.count - 1].until = max(check.after, last.after)
            }
            return nil
        }
        guard !isParted else { return nil }
        spans.append((check.after, .max))
        return (.traceClockParted(String(check.reason.prefix(300))), check.after)
    }

    /// Whether the pair was read from the trace clock.
    func admits(_ pair: ClockPair) -> Bool {
        spans.allSatisfy { pair.clock <= $0.after || pair.clock >= $0.until }
    }

    /// Whether the probe was answered by the trace clock.
    func admits(_ probe: ClockProbe) -> Bool {
        spans.allSatisfy { probe.t3 <= $0.after || probe.t2 >= $0.until }
    }
}
