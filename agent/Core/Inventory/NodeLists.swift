import NIOCore
import SecureTransport
import TraceProtocol
import Tracefs

/// What this node has, as lists of names: each a text with the digest by which equal ones are known.
///
/// Confined to the thread of `Inventory`; making a list may take a good part of a second.
struct NodeLists {
    let root: TracefsRoot
    private var causes: [UInt8]?
    private var catalog = List()

    /// A packed text.
    struct List: Sendable {
        var digest: [UInt8] = []
        var text = WireCompressedBlob()
        var isCut = false
    }

    /// The most functions listed in one answer.
    static let functionLimit = 10_000

    init(root: TracefsRoot) {
        self.root = root
    }

    /// Digest of the list of events, which is made anew when the reasons for a change have changed.
    mutating func catalogDigest() throws -> [UInt8] {
        let causes = root.catalogCauses()
        if causes != self.causes {
            catalog = try Self.list(of: root.catalogText())
            self.causes = causes
        }
        return catalog.digest
    }

    /// Answers a question of the controller.
    mutating func answer(_ order: WireListNames) throws -> WireNameList {
        let list: List
        switch order.what {
        case .events:
            _ = try catalogDigest()
            list = catalog
        case .functions(let pattern):
            guard !pattern.isEmpty, pattern.utf8.count <= EventName.maximumPartLength else {
                throw CommandRefusal(
                    .unspecified, "a pattern of functions has 1 to \(EventName.maximumPartLength) bytes")
            }
            list = try functions(Glob(pattern))
        // Of a newer controller.
        case .counters, .usdt, nil: throw CommandRefusal(.unsupported, "this agent does not know that list")
        }
        var answer = WireNameList()
        answer.digest = .init(list.digest)
        answer.cut = list.isCut
        if !order.known.contains(answer.digest) { answer.text = list.text }
        return answer
    }

    private func functions(_ pattern: Glob) throws -> List {
        do {
            let found = try KernelFunctions.matching(pattern, in: root, limit: Self.functionLimit)
            var list = try Self.list(of: Array(found.names.map { $0 + "\n" }.joined().utf8))
            list.isCut = found.isCut
            return list
        } catch TracefsError.missingFile(_, let meaning) {
            throw CommandRefusal(.noProbes, meaning)
        }
    }

    static func list(of text: [UInt8]) throws -> List {
        var list = List()
        try text.withUnsafeBytes { bytes in
            list.digest = SHA256.digest(of: bytes)
            list.text = try WireCompressedBlob(packing: bytes)
        }
        guard !list.digest.isEmpty else { throw CommandRefusal(.unsupported, "this node's OpenSSL refuses SHA-256") }
        return list
    }
}
