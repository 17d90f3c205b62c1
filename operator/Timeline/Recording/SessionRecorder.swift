import SessionStore
import SystemPackage
import TraceProtocol

/// Writes an attached session to disk, and counts what it writes. Confined to one thread.
public protocol RecordingWriter: AnyObject {
    /// Bytes on disk.
    var bytes: UInt64 { get }
    /// Writes a piece of a node's log.
    func append(_ chunk: LogChunk) throws
    /// What a person should know while it is recorded, since the last call; a line each.
    func takeRemarks() -> [String]
    /// Writes what is buffered.
    ///
    /// - Throws: `StoreError`, for a full disk for example; what was written before stays readable.
    func flush() throws
    /// Completes the session.
    ///
    /// - Parameter problem: why the session is not whole, for its readers; empty when it is.
    func finish(problem: String) throws -> SessionAccount
}

/// Writes it into a directory of its own, as it comes.
public final class SessionRecorder: RecordingWriter {
    private var directory: SessionDirectory
    private let counter: SessionCounter
    private let logs: [Log]
    public private(set) var bytes: UInt64 = 0

    private final class Log {
        var writer: NodeLogWriter

        init(_ files: NodeLogFiles) { writer = NodeLogWriter(files) }
    }

    public init(_ description: WireSessionDescription, at path: FilePath) throws {
        var description = description
        description.state = "recording"
        let directory = try SessionDirectory.create(at: path, description)
        self.directory = directory
        logs = try description.nodes.map { Log(try directory.log(of: $0)) }
        counter = SessionCounter(description)
    }

    public func append(_ chunk: LogChunk) throws {
        guard logs.indices.contains(Int(chunk.node)) else { return }
        if !chunk.isAhead {
            logs[Int(chunk.node)].writer.append(records: chunk.records)
            bytes += UInt64(chunk.records.readableBytes)
        }
        counter.add(chunk) { _ in }
    }

    public func takeRemarks() -> [String] { counter.takeRemarks() }

    public func flush() throws {
        for log in logs { try log.writer.flush() }
    }

    public func finish(problem: String) throws -> SessionAccount {
        try flush()
        for log in logs {
            try log.writer.finish()
            try log.writer.synchronize()
        }
        let account = counter.finish(problem: problem)
        try directory.complete(account, problem: problem)
        return account
    }
}

extension SessionDirectory {
    /// Writes the final manifest.
    mutating func complete(_ account: SessionAccount, problem: String) throws(StoreError) {
        var description = description
        description.state = account.state
        description.gaps = account.gaps
        description.losses = account.losses
        description.problem = problem
        try update(description)
    }
}
