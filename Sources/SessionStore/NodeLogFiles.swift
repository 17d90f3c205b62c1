import Glibc
import SystemPackage

/// The segments of one node's log in a session's folder.
public struct NodeLogFiles: Sendable {
    private let folder: OpenFolder
    let node: String
    let session: UInt64

    /// - Throws: `StoreError.badName` for a name that cannot be a folder's.
    init(_ folder: OpenFolder, session: UInt64, node: String) throws(StoreError) {
        guard SessionLayout.isNodeName(node) else { throw .badName(node) }
        self.folder = folder
        self.session = session
        self.node = node
    }

    /// For messages.
    func path(_ segment: Int) -> FilePath {
        path.appending(SessionLayout.segment(segment))
    }

    /// Of the folder with the segments, for messages.
    var path: FilePath { folder.path.appending(SessionLayout.nodes).appending(node) }

    /// The folder with the segments; nil when there is none.
    private func segments() throws(StoreError) -> OpenFolder? {
        guard try folder.facts(of: SessionLayout.nodes) != nil else { return nil }
        let nodes = try folder.folder(SessionLayout.nodes)
        guard try nodes.facts(of: node) != nil else { return nil }
        return try nodes.folder(node)
    }

    /// The highest number of a segment; 0 when there is none.
    func last() throws(StoreError) -> Int {
        try segments()?.names().compactMap(SessionLayout.segmentNumber).max() ?? 0
    }

    /// Opens a segment to read it; nil when there is none.
    func open(_ segment: Int) throws(StoreError) -> File? {
        try segments()?.file(SessionLayout.segment(segment))
    }

    /// Opens a segment to write on in it; nil when there is none.
    ///
    /// - Parameter isBegun: false to write again how it begins.
    func openToWrite(_ segment: Int, isBegun: Bool) throws(StoreError) -> File? {
        let file = try segments()?.file(SessionLayout.segment(segment), O_RDWR)
        if let file, !isBegun { try begin(file, segment) }
        return file
    }

    private func begin(_ file: File, _ segment: Int) throws(StoreError) {
        do {
            _ = try file.writeAll(toAbsoluteOffset: 0, SessionLayout.segmentMagic)
        } catch {
            try? file.close()
            throw .system("write", path: path(segment).string, error as? Errno ?? .ioError)
        }
    }

    /// Makes a segment, and the folders above it where they are missing, and writes how it begins. One that was left with
    /// less than that by a crash or a full disk is used.
    func create(_ segment: Int) throws(StoreError) -> File {
        _ = try folder.makeFolder(SessionLayout.nodes)
        let nodes = try folder.folder(SessionLayout.nodes)
        _ = try nodes.makeFolder(node)
        let name = SessionLayout.segment(segment)
        let own = try nodes.folder(node)
        let facts = try own.facts(of: name)
        let isUnbegun = facts.map { Int($0.st_size) <= SessionLayout.segmentMagic.count } ?? false
        let begun = isUnbegun ? try own.file(name, O_RDWR) : nil
        let file = if let begun { begun } else { try own.newFile(name) }
        try begin(file, segment)
        return file
    }

    /// Makes the names of the segments survive a power cut.
    func synchronizeNames() throws(StoreError) {
        let nodes = try folder.folder(SessionLayout.nodes)
        try nodes.folder(node).synchronize()
        try nodes.synchronize()
        try folder.synchronize()
    }
}
