import CountReport
import Timeline
import TraceProtocol

/// Prints counts: at every interval, or once at the end. Confined to one thread.
final class CountConsumer: SessionConsumer {
    private var counts: FleetCounts
    private var printer: CountPrinter
    private let interval: UInt32
    private let output: OutputStream
    private var told: CountInterval.Totals?
    private var toldNumber: UInt64 = 0
    /// Turns since some node was first ahead of what was told.
    private var turnsAhead = 0

    init(_ opened: WireSessionOpened, _ order: WireCountRequest, _ printer: CountPrinter) {
        counts = FleetCounts(opened)
        interval = order.intervalMs
        self.printer = printer
        output = .standardOutput
    }

    func take(_ chunk: LogChunk) {}

    func take(_ report: WireCountReport) throws {
        counts.take(report)
        guard interval > 0, let complete = counts.completeInterval, complete > toldNumber else { return }
        try tell(complete)
    }

    /// Of 20 ms. A node that is late by more is told of with the next interval.
    private static let patience = 50

    func turn() throws {
        guard interval > 0, counts.latestInterval > toldNumber else { return }
        turnsAhead += 1
        guard turnsAhead > Self.patience else { return }
        try tell(counts.latestInterval)
    }

    private func tell(_ number: UInt64) throws {
        turnsAhead = 0
        toldNumber = number
        try write(printer.lines(counts, CountInterval(counts, since: told)))
        told = CountInterval.Totals(counts)
    }

    func finish(problem: String) throws -> Verdict {
        // What has come since the last whole interval.
        let rest = CountInterval(counts, since: told)
        if interval == 0 || rest.length > 0 { try write(printer.lines(counts, rest)) }
        for line in CountPrinter.account(counts) { say(line) }
        return Verdict(
            account: SessionAccount(nodes: []), damage: CountPrinter.problems(counts),
            problem: problem.isEmpty ? nil : problem)
    }

    private func write(_ lines: [String]) throws {
        guard !lines.isEmpty else { return }
        try Array((lines.joined(separator: "\n") + "\n").utf8).withUnsafeBytes { try output.write($0) }
    }
}
