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
    private let causal: CausalOptions
    /// What matched messages showed, once `run` has begun; nil where none were asked for.
    public private(set) var findings: CausalFindings?

    /// - Parameters:
    ///   - folder: made, or there and empty.
    ///   - nodes: only these; empty for all.
    ///   - wander: what is assumed of the clocks' rates; nil for nothing beyond the rate range.
    ///   - causal: where messages are found that tighten the clocks.
    /// - Throws: `StoreError` when the folder holds something.
    public init(
        _ session: SessionDirectory, into folder: FilePath, nodes: Set<String> = [], wander: ClockWander? = .standard,
        causal: CausalOptions = CausalOptions()
    ) throws(StoreError) {
        self.causal = causal
        self.wander = wander
        self.session = session
        self.folder = folder
        self.nodes = nodes
        try folder.makeEmptyFolder()
    }

    /// Writes one file after the other.
    ///
    /// - Parameter report: called after each node.
    /// - Throws: `StoreError` or `ReportError` before the first file; `TraceDatWriteError`: the files of the nodes before
    ///   stay, and are whole.
    public mutating func run(_ report: (Node) -> Void) throws {
        let tightened = try tightenedClocks()
        for (index, name) in session.description.nodes.enumerated() where nodes.isEmpty || nodes.contains(name) {
            // The store refuses names that are not one plain part of a path.
            let path = folder.appending("\(name).dat").string
            let clock =
                try tightened.map { $0[index] }
                ?? ClockRecords(of: NodeLogReader(try session.log(of: name))).saved(wander: wander)
            report(try NodeExport(session, node: index, to: path, clock: clock).run())
        }
    }

    /// Nil without messages: then each node's clock is made in its turn.
    private mutating func tightenedClocks() throws -> [Int: SavedClock]? {
        guard !causal.isEmpty else { return nil }
        let inputs = [ReportInput.session(session)]
        let known = try ReportPlan(inputs).clocks(inputs, wander: wander, causal: causal)
        findings = known.findings
        return known.clocks
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
