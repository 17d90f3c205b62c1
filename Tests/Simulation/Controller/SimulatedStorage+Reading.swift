import NIOCore
import SessionStore
import TraceProtocol

@testable import ControllerCore

/// What is read of a simulated disk.
extension SimulatedStorage {
    func remove(_ session: UInt64) -> EventLoopFuture<Void> {
        work { [self] in if loop.process.step() { disk.remove(session) } }
    }

    func reader(of session: UInt64, behind read: [UInt64]) -> EventLoopFuture<OpenedLogs> {
        work { [self] in
            guard let files = disk.sessions[session] else {
                throw StoreError.notASession(path: "data", "it is not there")
            }
            // Of a session that is being written, what is behind its writer's position is not to be seen.
            let lengths = open[session].map { $0.logs.map(\.settled) } ?? files.logs.map(\.length)
            let starts = lengths.indices.map { node in node < read.count ? Int(read[node]) : 0 }
            for (node, start) in starts.enumerated() where !files.logs[node].beginsRecord(at: start, of: lengths[node])
            {
                throw WireRefusal.unreadable(files.description.nodes[node], read: UInt64(start))
            }
            return OpenedLogs(
                reader: SimulatedReader(files, starts, self), starts: starts.map(Self.position),
                ends: lengths.map(Self.position))
        }
    }
}

/// One operator's reading of a session's files.
private final class SimulatedReader: SessionStorageReader, @unchecked Sendable {
    private let files: SimulatedSessionFiles
    private let storage: SimulatedStorage
    private var offsets: [Int]

    init(_ files: SimulatedSessionFiles, _ offsets: [Int], _ storage: SimulatedStorage) {
        self.files = files
        self.offsets = offsets
        self.storage = storage
    }

    func read(node: Int, upTo end: LogPosition, size: Int) -> EventLoopFuture<StoredPiece> {
        storage.work { [self] in
            let limit = min(Int(end.offset - LogPosition.start.offset), files.logs[node].length)
            let start = offsets[node]
            guard start < limit, let rest = files.logs[node].bytes.getSlice(at: start, length: limit - start) else {
                return .nothing(end)
            }
            var scanner = LogScanner()
            scanner.feed(rest)
            var length = 0
            while length < size, case .record = scanner.next() { length = Int(scanner.offset) }
            guard length > 0 else { return .nothing(end) }
            offsets[node] = start + length
            let piece = rest.getSlice(at: rest.readerIndex, length: length) ?? ByteBuffer()
            return .records(piece, next: SimulatedStorage.position(start + length))
        }
    }

    func close() {}
}

extension SimulatedFile {
    /// Whether a reader can go on at an offset.
    fileprivate func beginsRecord(at offset: Int, of length: Int) -> Bool {
        guard offset < length else { return offset == length }
        guard offset > 0, let rest = bytes.getSlice(at: offset, length: length - offset) else { return true }
        var scanner = LogScanner()
        scanner.feed(rest)
        if case .record = scanner.next() { return true }
        return false
    }
}
