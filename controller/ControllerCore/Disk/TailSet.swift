import NIOCore
import SessionStore

/// Where one attached operator stands in the logs of a session. Confined to the store's thread.
final class TailSet {
    private var tails: [Tail]

    private final class Tail {
        var tail: NodeLogTail
        init(_ tail: consuming NodeLogTail) {
            self.tail = tail
        }
    }

    /// What one read gave.
    enum Piece: Sendable {
        /// Whole records, and where the next ones begin.
        case records(ByteBuffer, next: LogPosition)
        case nothing(LogPosition)
    }

    init(_ directory: SessionDirectory) {
        tails = directory.description.nodes.map { Tail(NodeLogTail(layout: directory.layout, node: $0)) }
    }

    func read(node: Int, upTo end: LogPosition, size: Int) throws(StoreError) -> Piece {
        guard let records = try tails[node].tail.read(upTo: end, size: size) else {
            return .nothing(tails[node].tail.position)
        }
        return .records(records, next: tails[node].tail.position)
    }
}
