import Glibc
import SystemFacts
import SystemPackage
import TraceProtocol

/// A session on disk: its manifest and the logs of its nodes.
public struct SessionDirectory: Sendable {
    public let folder: OpenFolder
    public private(set) var description: WireSessionDescription
    /// Whether the manifest is to survive a power cut.
    private let isDurable: Bool

    /// Makes a session at a path.
    ///
    /// - Throws: `StoreError.exists` when there is something.
    public static func create(
        at path: FilePath, _ description: WireSessionDescription
    ) throws(StoreError) -> SessionDirectory {
        if mkdir(path.string, 0o700) != 0 {
            let code = Errno(rawValue: errno)
            throw code == .fileExists ? .exists(path: path.string) : .system("create", path: path.string, code)
        }
        return try create(in: OpenFolder(at: path), description)
    }

    /// Makes a session of an empty folder.
    ///
    /// - Parameter isDurable: false for a session that does not outlive its controller: nothing waits for the disk then.
    public static func create(
        in folder: OpenFolder, _ description: WireSessionDescription, isDurable: Bool = true
    ) throws(StoreError) -> SessionDirectory {
        for node in description.nodes where !SessionLayout.isNodeName(node) { throw .badName(node) }
        do throws(SessionManifestError) {
            try SessionManifest.check(description)
        } catch {
            throw .notASession(path: folder.path.string, "\(error)")
        }
        var session = SessionDirectory(folder: folder, description: description, isDurable: isDurable)
        try session.update(description)
        return session
    }

    /// Opens a session to read it. Damage to the logs shows when they are read.
    public static func open(_ path: FilePath) throws(StoreError) -> SessionDirectory {
        try open(in: OpenFolder(at: path))
    }

    private static func open(in folder: OpenFolder) throws(StoreError) -> SessionDirectory {
        if let session = try find(in: folder) { return session }
        let parts = RecordingParts.expanded(folder.path.string)
        guard let first = parts.first, first != folder.path.string else {
            throw .notASession(path: folder.path.string, "it has no \(SessionLayout.manifest)")
        }
        throw .notASession(
            path: folder.path.string, "it holds \(parts.count) parts of a recording; name one, as \(first)")
    }

    /// Opens the session in a folder; nil when there is no manifest.
    public static func find(in folder: OpenFolder) throws(StoreError) -> SessionDirectory? {
        let name = SessionLayout.manifest
        guard let text = try folder.contents(of: name, limit: SessionManifest.longest) else { return nil }
        do throws(SessionManifestError) {
            let description = try SessionManifest.decode(text)
            return SessionDirectory(folder: folder, description: description, isDurable: true)
        } catch {
            throw .notASession(path: folder.path.string, "\(name): \(error)")
        }
    }

    /// When a session was last described, or its folder was made.
    public static func lastDescribed(in folder: OpenFolder) throws(StoreError) -> EpochInstant {
        let manifest = try folder.facts(of: SessionLayout.manifest)
        let facts = if let manifest { manifest } else { try folder.facts() }
        return EpochInstant(
            nanoseconds: Int64(facts.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(facts.st_mtim.tv_nsec))
    }

    /// Replaces the manifest, whole or not at all.
    public mutating func update(_ description: WireSessionDescription) throws(StoreError) {
        self.description = description
        let text = try StoreError.naming("write", folder.path.appending(SessionLayout.manifest)) {
            try SessionManifest.encode(description)
        }
        try folder.replaceFile(SessionLayout.manifest, with: text, isDurable: isDurable)
    }

    /// The log of one node.
    ///
    /// - Throws: `StoreError.badName` for a name that cannot be a folder's.
    public func log(of node: String) throws(StoreError) -> NodeLogFiles {
        try NodeLogFiles(folder, session: description.session, node: node)
    }

    /// The names of the folders with nodes' logs, in order.
    func nodeFolders() throws(StoreError) -> [String] {
        guard try folder.facts(of: SessionLayout.nodes) != nil else { return [] }
        return try folder.folder(SessionLayout.nodes).names().sorted()
    }
}
