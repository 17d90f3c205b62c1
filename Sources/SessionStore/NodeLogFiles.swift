import SystemPackage

/// The segments of one node's log in a session's folder.
public struct NodeLogFiles: Sendable {
    private let session: OpenFolder
    private let node: String

    /// - Throws: `StoreError.badName` for a name that cannot be a folder's.
    init(_ session: OpenFolder, node: String) throws(StoreError) {
        guard SessionLayout.isNodeName(node) else { throw .badName(node) }
        self.session = session
        self.node = node
    }

    /// For messages.
    func path(_ segment: Int) -> FilePath {
        session.path.appending(SessionLayout.nodes).appending(node).appending(SessionLayout.segment(segment))
    }

    /// Opens a segment to read it; nil when there is none.
    func open(_ segment: Int) throws(StoreError) -> File? {
        guard try session.facts(of: SessionLayout.nodes) != nil else { return nil }
        let nodes = try session.folder(SessionLayout.nodes)
        guard try nodes.facts(of: node) != nil else { return nil }
        return try nodes.folder(node).file(SessionLayout.segment(segment))
    }

    /// Makes a segment, and the folders above it where they are missing, and writes how it begins.
    func create(_ segment: Int) throws(StoreError) -> File {
        _ = try session.makeFolder(SessionLayout.nodes)
        let nodes = try session.folder(SessionLayout.nodes)
        _ = try nodes.makeFolder(node)
        let file = try nodes.folder(node).newFile(SessionLayout.segment(segment))
        do {
            _ = try file.writeAll(SessionLayout.segmentMagic)
        } catch {
            try? file.close()
            throw .system("write", path: path(segment).string, error as? Errno ?? .ioError)
        }
        return file
    }
}
