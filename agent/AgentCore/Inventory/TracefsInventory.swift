import Glibc
import NIOCore
import TraceProtocol
import Tracefs

/// What this node has and what the agent costs it. The tracefs of this node, on a thread of its own: no session waits
/// for a list that is made.
final class TracefsInventory: Inventory {
    private let thread: ControlThread
    private let tracefs: NodeTracefs
    private let lists: NIOLoopBoundBox<NodeLists>
    private let throttle: NIOLoopBoundBox<InquiryThrottle>

    init(_ tracefs: NodeTracefs, thread: ControlThread, budget: Budget.Agent) {
        self.tracefs = tracefs
        self.thread = thread
        throttle = NIOLoopBoundBox.makeBoxSendingValue(InquiryThrottle(budget), eventLoop: thread.loop)
        lists = NIOLoopBoundBox.makeBoxSendingValue(NodeLists(root: tracefs.root), eventLoop: thread.loop)
    }

    func names(_ request: WireListNames) -> EventLoopFuture<WireNameList> {
        inquire { [lists] in try lists.withValue { try $0.names(request) } }
    }

    func catalogDigest() -> EventLoopFuture<[UInt8]> {
        thread.run { [lists] in try lists.withValue { try $0.catalogDigest() } }
    }

    func check(_ request: WireCheckProbes) -> EventLoopFuture<WireProbesChecked> {
        inquire { [tracefs] in try ProbeCheck(tracefs: tracefs).run(request) }
    }

    func describe(operators: [UInt64: String]) -> EventLoopFuture<WireNodeDescription> {
        inquire { [tracefs] in
            try NodeState(root: tracefs.root, node: tracefs.node, operators: operators).description()
        }
    }

    func busiest() -> EventLoopFuture<[WireTaskLoad]> {
        inquire { try TaskLoads.now() }.flatMap { [thread] before in
            thread.run(after: Self.busyInterval) {}.flatMap {
                self.inquire {
                    try TaskLoads.now().busiest(
                        since: before, Self.busiestCount, ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)))
                }
            }
        }
    }

    private static let busyInterval = Duration.seconds(1)
    private static let busiestCount = 10

    /// Does work for an operator when there is processor time for it.
    private func inquire<T: Sendable>(_ work: @escaping @Sendable () throws -> T) -> EventLoopFuture<T> {
        thread.run { [throttle] in try throttle.withValue { throttle throws(WireRefusal) in try throttle.admit() } }
            .flatMap { self.whenItIsTime(work) }
    }

    private func whenItIsTime<T: Sendable>(_ work: @escaping @Sendable () throws -> T) -> EventLoopFuture<T> {
        thread.run { [throttle] () -> Result<T, any Error>? in
            guard throttle.value.wait(now: .now) == .zero else { return nil }
            let begin = ProcessCost.ofThisThread
            let result = Result { try work() }
            throttle.withValue { $0.finished(ProcessCost.ofThisThread - begin, now: .now) }
            return result
        }.flatMap { [thread] result in
            if let result { return thread.finished(result) }
            return thread.run(after: Self.turn) {}.flatMap { self.whenItIsTime(work) }
        }
    }

    /// How often work that waits for processor time is looked at.
    private static let turn = Duration.milliseconds(100)
}
