import NIOCore
import SessionStore
import TraceProtocol

/// Where one operator's reading of a session's files stands. Confined to the storage's thread.
final class FileSessionReader {
    private var tails: [Tail]

    private final class Tail {
        var tail: NodeLogTail
        init(_ tail: consuming NodeLogTail) {
            self.tail = tail
        }
    }

    /// Where the logs end.
    let ends: [LogPosition]

    /// - Parameters:
    ///   - read: bytes of records, by node, behind which the reader goes on; 0 for nodes beyond it.
    ///   - written: by node, up to where a session is written that still grows: to look for that in its files takes longer
    ///     the longer it has run. Nil for one that is stored.
    /// - Throws: `WireRefusal` where a log does not have so many, or no record begins there.
    init(_ directory: SessionDirectory, behind read: [UInt64], written: [LogPosition]?) throws {
        tails = []
        var ends: [LogPosition] = []
        // An interrupted session may end within a record.
        let isWhole = directory.description.hasEnded
        for (node, name) in directory.description.nodes.enumerated() {
            let files = try directory.log(of: name)
            let bytes = node < read.count ? read[node] : 0
            guard let start = bytes == 0 ? .start : try files.position(behind: bytes) else {
                throw WireRefusal.unreadable(name, read: bytes)
            }
            tails.append(Tail(NodeLogTail(files, at: start)))
            ends.append(try written?[node] ?? files.end(isWhole: isWhole))
        }
        self.ends = ends
    }

    /// Where the next reads begin.
    var positions: [LogPosition] { tails.map { $0.tail.position } }

    func read(node: Int, upTo end: LogPosition, size: Int) throws(StoreError) -> StoredPiece {
        guard let records = try tails[node].tail.read(upTo: end, size: size) else {
            return .nothing(tails[node].tail.position)
        }
        return .records(records, next: tails[node].tail.position)
    }
}

extension WireRefusal {
    /// - Parameter read: bytes of its records that the reader states.
    static func unreadable(_ node: String, read: UInt64) -> WireRefusal {
        WireRefusal(
            .wrongState,
            "node \(node): its log is not stored up to \(read) bytes, or no record begins there (read it from its start)"
        )
    }
}
