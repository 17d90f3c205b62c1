import NIOCore
import SessionStore
import SystemFacts
import TraceClock
import TraceProtocol

/// Reads a session as its log chunks come in, and writes the timeline as it becomes certain.
///
/// Confined to one thread.
public final class LiveReader {
    private let merger: TimelineMerger
    private var printer: TimelinePrinter
    private var scanners: [LogScanner]
    /// How far the controller's clock is ahead of this process's, at most; learned from arrivals.
    private var clockOffset: Int64?
    private let epochOffset: Int64
    private let marksOrder: Bool
    public private(set) var damage: [String] = []

    /// How long a silent node holds the others back.
    public static let defaultStallLimit: Duration = .seconds(2)

    /// - Parameter wander: what is assumed of the clocks' rates; nil for nothing beyond the rate range.
    public init(
        _ description: WireSessionDescription, format: OutputFormat, filter: TimelineFilter, output: OutputStream,
        wander: ClockWander? = .standard, times: TimeDisplay = TimeDisplay(),
        stallLimit: Duration = LiveReader.defaultStallLimit
    ) {
        merger = TimelineMerger(
            nodes: description.nodes, wander: wander, stallLimit: stallLimit, at: MonotonicRawInstant.now.nanoseconds)
        let layout = TimelineLayout(
            format: format, filter: filter, description: description, times: times, output: output)
        printer = TimelinePrinter(layout, output: output)
        marksOrder = layout.marksOrder
        epochOffset = description.epochOffset
        scanners = Array(repeating: LogScanner(), count: description.nodes.count)
    }

    /// Why the filter fits no event so far; nil when it fits some.
    public var filterError: String? { printer.filterError }

    /// Adds a piece of a node's log.
    public func append(_ chunk: LogChunk) {
        let index = Int(chunk.node)
        guard scanners.indices.contains(index) else { return }
        scanners[index].feed(chunk.records)
        while true {
            switch scanners[index].next() {
            case .record(let record):
                learn(from: record)
                do {
                    try merger.append(record.frame, node: index, at: now(), received: record.received)
                } catch {
                    note(index, "\(error)")
                }
            case .damage(_, let length, let reason): note(index, "\(length) bytes of its log are damaged: \(reason)")
            case .needsMore: return
            }
        }
    }

    /// Writes what is certain by now.
    public func release() throws {
        try merger.release(at: now(), into: &printer)
        try printer.flush()
    }

    /// Nothing could come for some time: that was no node's silence.
    public func resume() {
        merger.resume(at: now())
    }

    /// Nothing more will come.
    ///
    /// - Parameter problem: why the session is not whole; empty when nothing is known against it.
    public func finish(problem: String) throws -> SessionAccount {
        let reason = problem.isEmpty ? "its stream is not complete" : problem
        for index in merger.nodes.indices { merger.end(index, at: now(), reason) }
        try merger.release(at: now(), into: &printer)
        try printer.finish()
        var account = merger.account
        account.epochOffset = epochOffset
        if marksOrder { account.order = printer.tally }
        account.faults = damage + [problem].filter { !$0.isEmpty }
        return account
    }

    private func note(_ index: Int, _ reason: String) {
        damage.append("node \(merger.nodes[index].name): \(reason)")
        merger.damaged(index, reason, at: now())
    }

    /// An arrival at the controller lies in the past.
    private func learn(from record: LogRecord) {
        let ahead = record.received &- MonotonicRawInstant.now.nanoseconds
        clockOffset = max(clockOffset ?? ahead, ahead)
    }

    /// The controller's CLOCK_MONOTONIC_RAW (ns), late by at most the time that chunks take to get here.
    private func now() -> Int64 {
        MonotonicRawInstant.now.nanoseconds &+ (clockOffset ?? 0)
    }
}
