import Glibc
import SessionStore
import SystemPackage
import TraceClock
import TraceProtocol

/// Writes a session as trace.dat files, one for each node, for trace-cmd and KernelShark.
public struct SessionExport {
    /// The result for one node.
    public struct Node: Sendable {
        public var account: SessionAccount.Node
        /// The file; nil where there is none, as for a node that refused to take part.
        public var path: String?
        /// What could not be read of its log, as lines for people.
        public var damage: [String] = []
        /// The most by which times in the file differ from those of the session. 0 unless its clock had more points than
        /// a file gets.
        public var clockTolerance = Duration.zero
    }

    private let session: SessionDirectory
    private let folder: FilePath
    private let nodes: Set<String>
    private let wander: ClockWander?

    /// - Parameters:
    ///   - folder: made, or there and empty.
    ///   - nodes: only these; empty for all.
    ///   - wander: what is assumed of the clocks' rates; nil for nothing beyond the rate range.
    /// - Throws: `StoreError` when the folder holds something.
    public init(
        _ session: SessionDirectory, into folder: FilePath, nodes: Set<String> = [], wander: ClockWander? = .standard
    ) throws(StoreError) {
        self.wander = wander
        self.session = session
        self.folder = folder
        self.nodes = nodes
        try folder.makeEmptyFolder()
    }

    /// Writes one file after the other.
    ///
    /// - Parameter report: called after each node.
    /// - Throws: `TraceDatWriteError`; the files of the nodes before stay, and are whole.
    public func run(_ report: (Node) -> Void) throws {
        for (index, name) in session.description.nodes.enumerated() where nodes.isEmpty || nodes.contains(name) {
            // The store refuses names that are not one plain part of a path.
            let path = folder.appending("\(name).dat").string
            report(try NodeExport(session, node: index, to: path, wander: wander).run())
        }
    }
}

extension FilePath {
    /// Makes a folder here, or finds an empty one.
    fileprivate func makeEmptyFolder() throws(StoreError) {
        if mkdir(string, 0o755) == 0 { return }
        guard errno == EEXIST else { throw .system("create", path: string, Errno(rawValue: errno)) }
        guard let folder = opendir(string) else {
            throw errno == ENOTDIR
                ? .exists(path: string) : .system("open", path: string, Errno(rawValue: errno))
        }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name == "." || name == ".." else { throw .notEmpty(path: string) }
        }
    }
}
