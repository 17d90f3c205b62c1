import FleetView
import OperatorClient
import Synchronization
import SystemFacts
import TraceProtocol

/// Hands the counts of `top` to its screen.
final class ScreenFeed: SessionConsumer {
    private let events: AsyncStream<TopEvent>.Continuation
    private let account: RateAccount

    init(_ events: AsyncStream<TopEvent>.Continuation, _ account: RateAccount) {
        self.events = events
        self.account = account
    }

    func consume(_ report: WireCountReport) {
        account.ingest(report)
        events.yield(.counts(report))
    }

    func finish(problem: String) throws -> Verdict { throw CommandError(CountEnd.ended(problem: problem).reason) }
}

/// `top` without a terminal: plain rows at every interval. It may block as long as nobody reads them.
final class PlainRateRows: SessionConsumer {
    private var rates: FleetRates
    private let nodes: LatestNodes
    private let account: RateAccount

    init(_ rates: FleetRates, _ nodes: LatestNodes, _ account: RateAccount) {
        self.rates = rates
        self.nodes = nodes
        self.account = account
    }

    func consume(_ report: WireCountReport) throws {
        account.ingest(report)
        if let list = nodes.list { rates.ingest(list) }
        rates.ingest(report)
        if rates.isComplete { try put(rates.plainLines(clock: TimeOfDay.text(.now))) }
    }

    func finish(problem: String) throws -> Verdict { throw CommandError(CountEnd.ended(problem: problem).reason) }
}

/// Which nodes did not count all the time: for the exit status of `top`.
final class RateAccount: Sendable {
    private let rates: Mutex<FleetRates>

    init(_ rates: FleetRates) { self.rates = Mutex(rates) }

    func ingest(_ report: WireCountReport) { rates.withLock { $0.ingest(report) } }

    /// Whether a rate of any node has come.
    var hasRates: Bool { rates.withLock { $0.hasRates } }

    var verdict: Verdict { Verdict(problems: rates.withLock { $0.problems }) }
}

/// The list of nodes that came last.
final class LatestNodes: Sendable {
    private let state = Mutex<WireNodeList?>(nil)

    var list: WireNodeList? { state.withLock { $0 } }

    func put(_ list: WireNodeList) { state.withLock { $0 = list } }
}
