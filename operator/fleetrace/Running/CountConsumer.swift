import CountReport
import OperatorClient
import Timeline
import TraceProtocol

/// Prints counts: at every interval, or once at the end. Confined to one thread.
final class CountConsumer: SessionConsumer {
    private var counts: FleetCounts
    private var printer: CountPrinter
    private let hasIntervals: Bool
    private let output: OutputStream
    /// The totals up to the last interval that was printed.
    private var printed: CountInterval.Totals?
    /// The number of that interval; 0 before the first.
    private var printedNumber: UInt64 = 0
    /// Ticks since some node had totals of an interval that is not printed.
    private var ticksWaited = 0

    init(_ opened: WireSessionOpened, _ request: WireCountRequest, _ printer: CountPrinter, output: OutputStream) {
        self.output = output
        counts = FleetCounts(opened)
        hasIntervals = request.intervalMs > 0
        self.printer = printer
    }

    func consume(_ report: WireCountReport) throws {
        counts.ingest(report)
        guard hasIntervals, let complete = counts.completeInterval, complete > printedNumber else { return }
        try print(complete)
    }

    /// Ticks, of about 20 ms each, that an interval waits for nodes that are late. Their counts then go into the next.
    private static let patience = 50

    func tick() throws {
        guard hasIntervals, counts.latestInterval > printedNumber else { return }
        ticksWaited += 1
        guard ticksWaited > Self.patience else { return }
        try print(counts.latestInterval)
    }

    private func print(_ number: UInt64) throws {
        ticksWaited = 0
        printedNumber = number
        try write(printer.lines(counts, CountInterval(counts, since: printed)))
        printed = CountInterval.Totals(counts)
    }

    func finish(problem: String) throws -> Verdict {
        // What has come since the last whole interval.
        let rest = CountInterval(counts, since: printed)
        if !hasIntervals || rest.length > .zero { try write(printer.lines(counts, rest)) }
        for line in CountPrinter.account(counts) { say(line) }
        return Verdict(problems: CountPrinter.problems(counts) + (problem.isEmpty ? [] : [problem]))
    }

    private func write(_ lines: [String]) throws {
        guard !lines.isEmpty else { return }
        try put(lines, to: output)
    }
}
