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

    init(_ tracefs: NodeTracefs, thread: ControlThread) {
        self.tracefs = tracefs
        self.thread = thread
        lists = NIOLoopBoundBox.makeBoxSendingValue(NodeLists(root: tracefs.root), eventLoop: thread.loop)
    }

    func names(_ request: WireListNames) -> EventLoopFuture<WireNameList> {
        withLists { try $0.names(request) }
    }

    func catalogDigest() -> EventLoopFuture<[UInt8]> {
        withLists { try $0.catalogDigest() }
    }

    func check(_ request: WireCheckProbes) -> EventLoopFuture<WireProbesChecked> {
        thread.run { [tracefs] in try ProbeCheck(tracefs: tracefs).run(request) }
    }

    func describe(operators: [UInt64: String]) -> EventLoopFuture<WireNodeDescription> {
        thread.run { [tracefs] in
            try NodeState(root: tracefs.root, node: tracefs.node, operators: operators).description()
        }
    }

    func busiest() -> EventLoopFuture<[WireTaskLoad]> {
        thread.run { try TaskLoads.now() }.flatMap { [thread] before in
            thread.run(after: Self.busyInterval) {
                try TaskLoads.now().busiest(
                    since: before, Self.busiestCount, ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)))
            }
        }
    }

    private static let busyInterval = Duration.seconds(1)
    private static let busiestCount = 10

    private func withLists<T: Sendable>(
        _ work: @escaping @Sendable (inout NodeLists) throws -> T
    ) -> EventLoopFuture<T> {
        thread.run { [lists] in try lists.withValue { try work(&$0) } }
    }
}
