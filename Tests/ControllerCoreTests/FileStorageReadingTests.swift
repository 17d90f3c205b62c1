import Foundation
import NIOCore
import NIOEmbedded
import SessionStore
import SystemPackage
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Files: where a log ends for a reader")
struct FileStorageReadingTests {
    private let loop = EmbeddedEventLoop()
    private let directory = FilePath(NSTemporaryDirectory()).appending("reading-\(UUID().uuidString)")

    /// A session of one node that is written, and the bytes of its segment.
    private func written(_ sizes: [Int]) throws -> (storage: FileStorage, segment: FilePath, bytes: UInt64) {
        let storage = FileStorage(
            in: try DataFolder(directory), loop: loop, space: { DiskSpace(free: 1 << 40, total: 1 << 40) })
        let opened = storage.open(
            .with {
                $0.session = 1
                $0.nodes = ["a"]
                $0.state = "recording"
            })
        loop.run()
        try opened.wait()
        storage.release(1)
        for (index, size) in sizes.enumerated() {
            let frame = Frame(.batch, ByteBuffer(repeating: 7, count: size))
            storage.append(LogRecord(frame, received: 1), session: 1, node: 0, sequence: UInt64(index + 1))
        }
        loop.advanceTime(by: .seconds(1))
        let files = FileManager.default.enumerator(atPath: directory.string)?.compactMap { $0 as? String } ?? []
        let segment = directory.appending(try #require(files.first { $0.hasPrefix("1/nodes/a/") }))
        let facts = try FileManager.default.attributesOfItem(atPath: segment.string)
        return (storage, segment, try #require(facts[.size] as? UInt64))
    }

    private func end(_ storage: FileStorage) throws -> LogPosition {
        let opened = storage.reader(of: 1, behind: [])
        loop.run()
        return try #require(try opened.wait().ends.first)
    }

    @Test("Of a session that grows it is known: who attaches does not have its files searched")
    func growing() throws {
        defer { try? FileManager.default.removeItem(atPath: directory.string) }
        let (storage, segment, bytes) = try written([100, 200])
        // A search would end here.
        let file = try FileHandle(forWritingTo: URL(filePath: segment.string))
        try file.seek(toOffset: LogPosition.start.offset)
        try file.write(contentsOf: Data(repeating: 0, count: 64))
        try file.close()
        #expect(try end(storage) == LogPosition(segment: 1, offset: bytes))
    }

    @Test(
        "Of an interrupted one it is behind the last whole record, small and large ones",
        arguments: [[30, 40], [200_000, 10, 70_000, 30], [65_000, 500, 65_536, 9], [9]], [1, 2_000])
    func interrupted(_ some: [Int], times: Int) throws {
        defer { try? FileManager.default.removeItem(atPath: directory.string) }
        let sizes = Array(repeating: 50, count: times) + some
        let (storage, segment, bytes) = try written(sizes)
        let closed = storage.close(1, keep: true)
        loop.run()
        try closed.wait()
        #expect(try end(storage) == LogPosition(segment: 1, offset: bytes))
        let last = try #require(sizes.last)
        let record = LogRecord(Frame(.batch, ByteBuffer(repeating: 7, count: last)), received: 1).lengthOnDisk
        for cut in [1, record - 1] {
            #expect(truncate(segment.string, off_t(bytes) - off_t(cut)) == 0)
            #expect(try end(storage) == LogPosition(segment: 1, offset: bytes - UInt64(record)))
        }
    }
}
