import Quotas
import SystemFacts
import TraceProtocol

/// What a node may send besides the numbered frames that have credit: so much of each kind in a time. Kept over its
/// connections, so that connecting again does not fill anything up. No I/O; the time is an argument.
struct NodeAllowance {
    private var pings: TokenBucket
    private var vitals: TokenBucket
    private var unnumbered: TokenBucket
    private var unnumberedFrames: TokenBucket
    private var strays: TokenBucket
    private var strayBytes: TokenBucket
    private var straySessions: TokenBucket
    private var unknown: TokenBucket

    init(_ budget: Budget) {
        pings = TokenBucket(budget.connection.pings)
        vitals = TokenBucket(budget.node.vitals)
        unnumbered = TokenBucket(budget.node.unnumbered)
        unnumberedFrames = TokenBucket(budget.node.unnumberedFrames)
        strays = TokenBucket(budget.node.strays)
        strayBytes = TokenBucket(budget.node.strayBytes)
        straySessions = TokenBucket(budget.node.straySessions)
        unknown = TokenBucket(budget.node.unknown)
    }

    mutating func ping(now: MonotonicRawInstant) throws(OverBudget) {
        guard pings.spend(now: now) else { throw OverBudget("pings", pings.rate) }
    }

    mutating func vitals(now: MonotonicRawInstant) throws(OverBudget) {
        guard vitals.spend(now: now) else { throw OverBudget("Vitals", vitals.rate) }
    }

    /// A watermark, or totals.
    ///
    /// - Parameter sessions: that the node takes part in.
    mutating func unnumbered(_ frame: Frame, sessions: Int, now: MonotonicRawInstant) throws(OverBudget) {
        guard unnumberedFrames.spend(shares: 1 + sessions, now: now) else {
            throw OverBudget("frames without credit, for each session,", unnumberedFrames.rate)
        }
        guard unnumbered.spend(frame.wireLength, shares: 1 + sessions, now: now) else {
            throw OverBudget("bytes without credit, for each session,", unnumbered.rate)
        }
    }

    /// A frame of a session that is not there.
    mutating func stray(_ bytes: Int, now: MonotonicRawInstant) throws(OverBudget) {
        guard strays.spend(now: now) else { throw OverBudget("frames of sessions that are not there", strays.rate) }
        guard strayBytes.spend(bytes, now: now) else {
            throw OverBudget("bytes of sessions that are not there", strayBytes.rate)
        }
    }

    /// Such a session, that it had not named before.
    mutating func straySession(now: MonotonicRawInstant) throws(OverBudget) {
        guard straySessions.spend(now: now) else {
            throw OverBudget("sessions that are not there", straySessions.rate)
        }
    }

    mutating func unknown(now: MonotonicRawInstant) throws(OverBudget) {
        guard unknown.spend(now: now) else { throw OverBudget("frames of unknown types", unknown.rate) }
    }
}
