import NIOCore
import SessionStore

/// Where one operator's reading of a session's files stands. Confined to the storage's thread.
final class FileSessionReader {
    private var tails: [Tail]

    private final class Tail {
        var tail: NodeLogTail
        init(_ tail: consuming NodeLogTail) {
            self.tail = tail
        }
    }

    init(_ directory: SessionDirectory) throws(StoreError) {
        tails = []
        for node in directory.description.nodes { tails.append(Tail(NodeLogTail(try directory.log(of: node)))) }
    }

    func read(node: Int, upTo end: LogPosition, size: Int) throws(StoreError) -> StoredPiece {
        guard let records = try tails[node].tail.read(upTo: end, size: size) else {
            return .nothing(tails[node].tail.position)
        }
        return .records(records, next: tails[node].tail.position)
    }
}
