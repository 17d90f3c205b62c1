import SystemPackage

/// Where the files of a session are in its directory:
///
///     manifest.json            the session's description (protocol/operator.proto, SessionDescription)
///     nodes/NAME/000001.seg    the node's log, in segments of at most `segmentLimit` bytes
public struct SessionLayout: Hashable, Sendable {
    public let directory: FilePath

    public init(directory: FilePath) {
        self.directory = directory
    }

    /// A segment is closed when it has grown past this many bytes.
    public static let segmentLimit: UInt64 = 64 << 20
    /// First bytes of each segment.
    static let segmentMagic = Array("FLTRSEG1".utf8)

    public var manifest: FilePath { directory.appending("manifest.json") }

    func nodeDirectory(_ node: String) throws(StoreError) -> FilePath {
        guard let component = FilePath.Component(node), component.kind == .regular, !node.contains("/") else {
            throw .badName(node)
        }
        return directory.appending("nodes").appending(component)
    }

    func segment(_ number: Int, of node: String) throws(StoreError) -> FilePath {
        let digits = String(number)
        let name = String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".seg"
        return try nodeDirectory(node).appending(name)
    }
}

/// SwiftNIO has a `FileDescriptor` of its own.
typealias File = SystemPackage.FileDescriptor
