import NIOCore
import NIOPosix
import TraceProtocol
import Tracefs

/// What this node has and what the agent costs it, on a thread of its own: no session waits for a list that is made.
final class Inventory: Sendable {
    private let agentLoop: any EventLoop
    private let loop: any EventLoop
    private let lists: NIOLoopBoundBox<NodeLists>

    init(root: TracefsRoot, agentLoop: any EventLoop, loop: any EventLoop) {
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

    private func onOwnThread<T: Sendable>(
        _ work: @escaping @Sendable (inout NodeLists) throws -> T
    ) -> EventLoopFuture<T> {
        loop.submit { [lists] in try lists.withValue { try work(&$0) } }.hop(to: agentLoop)
    }
}
