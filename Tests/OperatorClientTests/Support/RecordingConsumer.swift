import NIOConcurrencyHelpers
import NIOCore
import OperatorClient
import TraceProtocol

/// A consumer that remembers what it got, and fails where a test says so.
final class RecordingConsumer: SessionConsumer, Sendable {
    struct Record: Equatable {
        var chunks: [UInt32] = []
        var totals: [UInt64] = []
        var problem: String?
    }

    private let state = NIOLockedValueBox(Record())
    /// How often the connection was back.
    let returns = NIOLockedValueBox(0)
    private let failure: (any Error)?

    /// - Parameter failure: thrown at the first chunk.
    init(failing failure: (any Error)? = nil) {
        self.failure = failure
    }

    var record: Record { state.withLockedValue { $0 } }

    func consume(_ chunk: LogChunk) throws {
        if let failure { throw failure }
        state.withLockedValue { $0.chunks.append(chunk.node) }
    }

    func resume() { returns.withLockedValue { $0 += 1 } }

    func consume(_ report: WireCountReport) {
        state.withLockedValue { $0.totals += report.nodes.map(\.totals.number) }
    }

    func finish(problem: String) -> Verdict {
        state.withLockedValue { $0.problem = problem }
        return Verdict(problems: problem.isEmpty ? [] : [problem])
    }
}

/// A consumer whose first write blocks until the test releases it.
final class BlockedConsumer: SessionConsumer, Sendable {
    private let isReleased = ConditionLock(value: false)
    private let began = AsyncStream<Void>.makeStream()

    func consume(_ chunk: LogChunk) {
        began.continuation.yield()
        isReleased.lock(whenValue: true)
        isReleased.unlock()
    }

    func begun() async {
        for await _ in began.stream { return }
    }

    func release() {
        isReleased.lock()
        isReleased.unlock(withValue: true)
    }

    func finish(problem: String) -> Verdict { Verdict() }
}

extension LogQueue.Item {
    static func chunk(node: UInt32, bytes: Int = 1) -> LogQueue.Item {
        .chunk(LogChunk(session: 7, node: node, records: ByteBuffer(repeating: 0, count: bytes)))
    }

    /// A report of one node, with the number of its interval.
    static func report(_ number: UInt64) -> LogQueue.Item {
        var counts = WireNodeCounts()
        counts.totals.number = number
        counts.totals.elapsedNs = number
        var report = WireCountReport()
        report.nodes = [counts]
        return .counts(report, bytes: 8)
    }
}

/// An output that cannot be written to.
struct BrokenOutput: OutputFailure, CustomStringConvertible {
    var isClosedPipe: Bool
    var description: String { isClosedPipe ? "closed pipe" : "no space" }
}
