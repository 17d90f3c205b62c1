import FleetView
import OperatorClient
import Synchronization
import SystemFacts
import TraceProtocol

/// Hands the counts of `top` to its screen.
final class ScreenFeed: SessionConsumer {
    private let events: AsyncStream<TopEvent>.Continuation

    init(_ events: AsyncStream<TopEvent>.Continuation) {
        self.events = events
    }

    func consume(_ report: WireCountReport) { events.yield(.counts(report)) }

    func finish(problem: String) throws -> Verdict { throw CommandError(CountEnd.ended(problem: problem).reason) }
}

/// `top` without a terminal: plain rows at every interval. It may block as long as nobody reads them.
final class PlainRateRows: SessionConsumer {
    private var rates: FleetRates
    private let nodes: LatestNodes

    init(_ rates: FleetRates, _ nodes: LatestNodes) {
        self.rates = rates
        self.nodes = nodes
    }

    func consume(_ report: WireCountReport) throws {
        if let list = nodes.list { rates.ingest(list) }
        rates.ingest(report)
        if rates.isComplete { try put(rates.plainLines(clock: TimeOfDay.text(.now))) }
    }

    func finish(problem: String) throws -> Verdict { throw CommandError(CountEnd.ended(problem: problem).reason) }
}

/// The list of nodes that came last.
final class LatestNodes: Sendable {
    private let state = Mutex<WireNodeList?>(nil)

    var list: WireNodeList? { state.withLock { $0 } }

    func put(_ list: WireNodeList) { state.withLock { $0 = list } }
}
