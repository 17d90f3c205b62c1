import Glibc
import NIOCore
import NIOPosix
import TraceProtocol
import Tracefs

/// What this node has and what the agent costs it, on a thread of its own: no session waits for a list that is made.
final class Inventory: Sendable {
    private let agentLoop: any EventLoop
    private let loop: any EventLoop
    private let root: TracefsRoot
    private let node: String
    private let policy: Policy
    private let lists: NIOLoopBoundBox<NodeLists>

    init(root: TracefsRoot, node: String, policy: Policy, agentLoop: any EventLoop, loop: any EventLoop) {
        self.root = root
        self.node = node
        self.policy = policy
        self.agentLoop = agentLoop
        self.loop = loop
        lists = NIOLoopBoundBox.makeBoxSendingValue(NodeLists(root: root), eventLoop: loop)
    }

    func answer(_ order: WireListNames) -> EventLoopFuture<WireNameList> {
        onOwnThread { try $0.answer(order) }
    }

    /// Digest of the list of events as it is now.
    func catalogDigest() -> EventLoopFuture<[UInt8]> {
        onOwnThread { try $0.catalogDigest() }
    }

    /// Whether probes would work. They are planted for a moment.
    func check(_ order: WireCheckProbes) -> EventLoopFuture<WireProbesChecked> {
        onOwnThread { [root, node, policy] _ in
            try ProbeCheck(root: root, node: node, policy: policy).run(order)
        }
    }

    /// Everybody's instances and probes.
    ///
    /// - Parameter operators: for whom this agent's sessions are.
    func describe(operators: [UInt64: String]) -> EventLoopFuture<WireNodeDescription> {
        onOwnThread { [root, node] _ in try NodeState(root: root, node: node, operators: operators).description() }
    }

    /// The names whose processes take the most CPU time, over a second from now.
    func busiest() -> EventLoopFuture<[WireTaskLoad]> {
        let counted = loop.submit { try TaskLoads.now() }.flatMap { [loop] before in
            loop.scheduleTask(in: Self.busyInterval) {
                try TaskLoads.now().busiest(
                    since: before, Self.busiestCount, ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)))
            }.futureResult
        }
        return counted.hop(to: agentLoop)
    }

    private static let busyInterval = TimeAmount.seconds(1)
    private static let busiestCount = 10

    private func onOwnThread<T: Sendable>(
        _ work: @escaping @Sendable (inout NodeLists) throws -> T
    ) -> EventLoopFuture<T> {
        loop.submit { [lists] in try lists.withValue { try work(&$0) } }.hop(to: agentLoop)
    }
}
