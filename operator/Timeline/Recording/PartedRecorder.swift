import Glibc
import SessionStore
import SystemPackage
import TraceProtocol

/// When a recording goes on in another part.
public struct Rotation: Sendable {
    /// A part that has recorded so many bytes is followed by the next.
    public var partBytes: UInt64
    /// How many parts stay on disk; nil for all.
    public var most: Int?

    public init(partBytes: UInt64, most: Int? = nil) {
        self.partBytes = partBytes
        self.most = most
    }
}

/// Writes an attached session into parts, one after the other, each of which can be read by itself. Each event is in exactly
/// one of them. Confined to one thread.
public final class PartedRecorder: RecordingWriter {
    private let description: WireSessionDescription
    private let path: FilePath
    private let rotation: Rotation
    private let counter: SessionCounter
    private let nodes: [NodeProgress]
    private var part: RecordingPart
    /// Complete, and on disk.
    private var earlier: [RecordingPart] = []
    private var remarks: [String] = []
    /// When the last record came, ns of the timeline.
    private var latest: Int64 = 0

    /// - Parameter path: of a folder for the parts; there must be nothing.
    public init(_ description: WireSessionDescription, at path: FilePath, _ rotation: Rotation) throws {
        self.description = description
        self.path = path
        self.rotation = rotation
        counter = SessionCounter(description)
        nodes = counter.nodes.map(NodeProgress.init)
        guard mkdir(path.string, 0o700) == 0 else {
            let code = Errno(rawValue: errno)
            throw code == .fileExists
                ? StoreError.exists(path: path.string) : .system("create", path: path.string, code)
        }
        part = try RecordingPart(
            description, number: 1, at: path.appending(RecordingParts.name(1)), moment: 0, after: nodes)
    }

    public var bytes: UInt64 { earlier.reduce(part.bytes) { $0 + $1.bytes } }

    /// The parts that are on disk, in order.
    public var parts: [FilePath] { (earlier + [part]).map(\.path) }

    public func append(_ chunk: LogChunk) throws {
        let index = Int(chunk.node)
        guard nodes.indices.contains(index) else { return }
        counter.add(chunk) { record in
            guard !chunk.isAhead else { return }
            latest = max(latest, record.received)
            nodes[index].add(record)
            part.append(record, node: index, earlier: nodes[index].earlier)
        }
        // What comes behind a stop is little, and belongs to the part in which it was told.
        guard part.recordedBytes >= rotation.partBytes, !nodes.contains(where: \.isStopping) else { return }
        try beginNext()
    }

    private func beginNext() throws {
        let account = try part.cut(at: latest, nodes)
        for node in nodes { node.endPart() }
        let next = RecordingParts.name(part.number + 1)
        remarks.append(
            "\(part.path) is complete with \(part.bytes / 1024) KiB and \(account.received) events; \(next) goes on")
        earlier.append(part)
        part = try RecordingPart(
            description, number: part.number + 1, at: path.appending(next), moment: latest, after: nodes)
        while let most = rotation.most, earlier.count >= most, let oldest = earlier.first {
            try oldest.remove()
            earlier.removeFirst()
            remarks.append("\(oldest.path) is removed: --keep-parts \(most)")
        }
    }

    public func takeRemarks() -> [String] {
        defer { remarks.removeAll() }
        return counter.takeRemarks() + remarks
    }

    public func flush() throws { try part.flush() }

    /// - Returns: the account of all parts together, those that were removed included.
    public func finish(problem: String) throws -> SessionAccount {
        let account = counter.finish(problem: problem)
        _ = try part.finish(nodes, problem: problem)
        return account
    }
}
