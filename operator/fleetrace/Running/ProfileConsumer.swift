import CountReport
import OperatorClient
import Timeline
import TraceProtocol

/// Writes a profile at its end. Confined to one thread.
final class ProfileConsumer: SessionConsumer {
    private var counts: FleetCounts
    private let cpus: [String: Int]
    private let printer: ProfilePrinter
    private let output: OutputStream

    init(_ opened: WireSessionOpened, _ printer: ProfilePrinter, output: OutputStream) {
        counts = FleetCounts(opened)
        cpus = Dictionary(
            opened.replies.map { ($0.node, Int($0.prepared.cpus)) }, uniquingKeysWith: { first, _ in first })
        self.printer = printer
        self.output = output
    }

    func consume(_ report: WireCountReport) { counts.ingest(report) }

    func finish(problem: String) throws -> Verdict {
        let samples = ProfileSamples(counts, cpus: cpus)
        try put(printer.lines(samples), to: output)
        for line in printer.summary(samples) + CountPrinter.account(counts) { say(line) }
        return Verdict(problems: CountPrinter.problems(counts) + (problem.isEmpty ? [] : [problem]))
    }
}
