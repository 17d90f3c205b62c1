import Quotas
import SystemFacts
import TraceProtocol

/// How much processor time this node gives to lists, descriptions and checks of probes, whoever asks how often: a part of
/// one CPU over time. No clock; the time is an argument.
struct InquiryThrottle {
    /// In milliseconds of processor time.
    private var time: TokenBucket
    private var waiting = 0
    private let most: Int

    init(_ budget: Budget.Agent) {
        time = TokenBucket(budget.inquiries)
        most = budget.inquiriesWaiting
    }

    /// One more asks.
    mutating func admit() throws(WireRefusal) {
        guard waiting < most else {
            throw WireRefusal(.overBudget, "as many requests as this node works on wait already; try again")
        }
        waiting += 1
    }

    /// How long the next one has to wait.
    func wait(now: MonotonicRawInstant) -> Duration { time.wait(now: now) }

    /// One has been worked on for so long.
    mutating func finished(_ cost: Duration, now: MonotonicRawInstant) {
        waiting -= 1
        time.overdraw(Int(cost / .milliseconds(1)), now: now)
    }
}
