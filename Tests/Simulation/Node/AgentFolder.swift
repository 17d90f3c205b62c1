import Glibc
import SystemFacts
import TestSupport

/// The folder with an agent's files, its journal and its spool. They are real files, in memory (tmpfs).
///
/// When the agent dies they are copied for its successor. So what tasks of the dead agent still write changes nothing.
/// What it wrote to its journal after its last step may be missing, or torn.
final class AgentFolder {
    let path: String
    /// Bytes of its files before the last step of its agent.
    private var earlier: [String: Int]?

    init(_ path: String) {
        self.path = path
        mkdir(path, 0o700)
    }

    /// For the folders of all agents of a simulation.
    static func parent(of seed: UInt64) -> String {
        let root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        let path = "\(root)/fleetrace-simulation-\(getpid())-\(pthread_self())-\(seed)"
        mkdir(path, 0o700)
        return path
    }

    var state: String { "\(path)/state" }
    var spool: String { "\(path)/spool" }

    /// The agent makes its last step.
    func mark() {
        var lengths: [String: Int] = [:]
        Self.visit(path) { lengths[$0] = $1 }
        earlier = lengths
    }

    /// A copy for the next agent.
    ///
    /// - Parameter generator: says how much of what was written last is there.
    func copy(to other: String, _ generator: inout SplitMix64) -> AgentFolder {
        let copy = AgentFolder(other)
        var grown: [(path: String, from: Int, to: Int)] = []
        Self.copy(path, to: other) { file, length in
            let before = earlier.map { $0[file] ?? 0 } ?? length
            if before < length { grown.append((file.replacingPrefix(path, by: other), before, length)) }
        }
        // A journal is written before a spool where one task writes both, and what is in a spool is nowhere else then.
        if let journal = grown.first, !grown.contains(where: { $0.path.hasSuffix(".spool") }) {
            truncate(journal.path, off_t(generator.within(journal.from...journal.to)))
        }
        return copy
    }

    /// Adds to the last segment of a session's spool what a dying agent has written of a record.
    func append(_ bytes: some Sequence<UInt8>, toSpoolOf session: UInt64) {
        var last: String?
        Self.visit(spool) { file, _ in
            if file.contains("/\(String(session, radix: 16))/"), file.hasSuffix(".spool") { last = file }
        }
        guard let last else { return }
        let descriptor = open(last, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        let bytes = Array(bytes)
        _ = write(descriptor, bytes, bytes.count)
        close(descriptor)
    }

    static func remove(_ path: String) {
        for name in (try? SystemFile.names(in: path)) ?? [] {
            let file = "\(path)/\(name)"
            if unlink(file) != 0 { remove(file) }
        }
        rmdir(path)
    }

    private static func visit(_ path: String, _ body: (String, Int) -> Void) {
        for name in ((try? SystemFile.names(in: path)) ?? []).sorted() {
            let file = "\(path)/\(name)"
            var facts = stat()
            guard stat(file, &facts) == 0 else { continue }
            if facts.st_mode & S_IFMT == S_IFDIR { visit(file, body) } else { body(file, Int(facts.st_size)) }
        }
    }

    private static func copy(_ path: String, to other: String, _ body: (String, Int) -> Void) {
        visit(path) { file, length in
            let target = file.replacingPrefix(path, by: other)
            makeFolders(above: target, below: other)
            let bytes = (try? SystemFile.read(file, limit: max(1, length))) ?? []
            let descriptor = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return }
            _ = write(descriptor, bytes, bytes.count)
            close(descriptor)
            body(file, length)
        }
    }

    private static func makeFolders(above file: String, below root: String) {
        var path = root
        for part in file.dropFirst(root.count).split(separator: "/").dropLast() {
            path += "/\(part)"
            mkdir(path, 0o700)
        }
    }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String, by other: String) -> String { other + dropFirst(prefix.count) }
}
