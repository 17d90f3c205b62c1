import Glibc
import NIOCore
import PerfCounters
import Probes
import SecureTransport
import SystemFacts
import TextPatterns
import TraceProtocol
import Tracefs

/// What this node has, as lists of names. Each is a text with a digest, by which equal lists are recognized.
///
/// Confined to the thread of `Inventory`; making a list can need most of a second.
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

    /// The most names in one list.
    static let nameLimit = 10_000

    init(root: TracefsRoot) {
        self.root = root
    }

    /// Digest of the list of events, which is made again when its sources have changed.
    mutating func catalogDigest() throws -> [UInt8] {
        let causes = root.catalogCauses()
        if causes != self.causes {
            catalog = try Self.list(of: root.catalogText())
            self.causes = causes
        }
        return catalog.digest
    }

    /// The list that the controller asks for, without its text if the controller has it already.
    mutating func names(_ request: WireListNames) throws -> WireNameList {
        let list: List
        switch request.what {
        case .events:
            _ = try catalogDigest()
            list = catalog
        case .functions(let pattern):
            guard !pattern.isEmpty, pattern.utf8.count <= EventName.maximumPartLength else {
                throw WireRefusal(
                    .unspecified, "a pattern of functions has 1 to \(EventName.maximumPartLength) bytes")
            }
            list = try functions(Glob(pattern))
        case .counters: list = try Self.counters()
        case .usdt(let path):
            list = try Self.inFile(path) { path throws(ProbeFileError) in try MarkerList.names(in: path) }
        case .symbols(let wanted):
            let pattern = wanted.pattern.isEmpty ? "*" : wanted.pattern
            guard pattern.utf8.count <= EventName.maximumPartLength else {
                throw WireRefusal(
                    .unspecified, "a pattern of functions has 1 to \(EventName.maximumPartLength) bytes")
            }
            list = try Self.inFile(wanted.path) { path throws(ProbeFileError) in
                try FunctionList.names(in: path, matching: Glob(pattern))
            }
        // Of a newer controller.
        case nil: throw WireRefusal(.unsupported, "this agent does not know that list")
        }
        var reply = WireNameList()
        reply.digest = .init(list.digest)
        reply.cut = list.isCut
        if !request.known.contains(reply.digest) { reply.text = list.text }
        return reply
    }

    private func functions(_ pattern: Glob) throws -> List {
        do {
            let found = try KernelFunctions.matching(pattern, in: root, limit: Self.nameLimit)
            var list = try Self.list(of: found.names)
            list.isCut = found.isCut
            return list
        } catch TracefsError.missingFile(_, let meaning) {
            throw WireRefusal(.noProbes, meaning)
        }
    }

    private static func counters() throws -> List {
        guard let cpu = try CPUList.online().cpus.first else {
            throw WireRefusal(.io, "the kernel names no online CPU")
        }
        do {
            return try list(of: NodeCounters.available(on: cpu).map { "\($0.name) [\($0.kind)]" })
        } catch let error as PerfError {
            throw WireRefusal(error.meansUnsupported ? .unsupported : .noPermission, "cannot count: \(error)")
        }
    }

    private static func inFile(_ path: String, _ names: (String) throws(ProbeFileError) -> [String]) throws -> List {
        guard path.hasPrefix("/"), path.utf8.count < Int(PATH_MAX), !path.utf8.contains(0) else {
            throw WireRefusal(.unspecified, "the path of a program is absolute: it is one on the node")
        }
        do {
            return try list(of: try names(path))
        } catch let error as ProbeFileError {
            throw WireRefusal(.io, error.description)
        }
    }

    /// A line for each name, as far as they are not too many.
    private static func list(of names: [String]) throws -> List {
        var list = try Self.list(of: Array(names.prefix(nameLimit).map { $0 + "\n" }.joined().utf8))
        list.isCut = names.count > nameLimit
        return list
    }

    static func list(of text: [UInt8]) throws -> List {
        var list = List()
        try text.withUnsafeBytes { bytes in
            list.digest = SHA256.digest(of: bytes)
            list.text = try WireCompressedBlob(packing: bytes)
        }
        guard !list.digest.isEmpty else { throw WireRefusal(.unsupported, "this node's OpenSSL refuses SHA-256") }
        return list
    }
}
