import Quotas
import SystemFacts
import TraceProtocol

/// What one operator has asked for lately, over all of their connections. No I/O; the time is an argument.
struct OperatorAccount {
    private var requests: TokenBucket
    private var pings: TokenBucket
    private var unknown: TokenBucket

    init(_ budget: Budget) {
        requests = TokenBucket(budget.operator.requests)
        pings = TokenBucket(budget.connection.pings)
        unknown = TokenBucket(budget.operator.unknown)
    }

    mutating func request(now: MonotonicRawInstant) throws(OverBudget) {
        guard requests.spend(now: now) else { throw OverBudget("requests", requests.rate) }
    }

    /// - Parameter connections: of the operator: each has pings of its own.
    mutating func ping(connections: Int, now: MonotonicRawInstant) throws(OverBudget) {
        guard pings.spend(shares: connections, now: now) else { throw OverBudget("pings", pings.rate) }
    }

    mutating func unknown(now: MonotonicRawInstant) throws(OverBudget) {
        guard unknown.spend(now: now) else { throw OverBudget("frames of unknown types", unknown.rate) }
    }
}
