import Foundation
import NIOCore
import NIOEmbedded
import SessionStore
import SystemPackage
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Files: the log that takes too much of the disk ends, and no session begins on a full one")
struct FileStorageQuotaTests {
    private let loop = EmbeddedEventLoop()
    private let directory = FilePath(NSTemporaryDirectory()).appending("quota-\(UUID().uuidString)")

    private func storage(free: Int, ended: @escaping @Sendable (UInt64, Int, DiskQuotaExceeded) -> Void) throws
        -> FileStorage
    {
        let storage = FileStorage(
            in: try DataFolder(directory), loop: loop, space: { DiskSpace(free: free, total: 1_000_000) })
        storage.report(
            to: StorageReceiver(progress: { _ in }, ended: ended, paused: { _, _, _ in }, resumed: { _, _, _ in }))
        return storage
    }

    private func description(_ session: UInt64, nodes: [String]) -> WireSessionDescription {
        .with {
            $0.session = session
            $0.nodes = nodes
        }
    }

    private func batch(_ bytes: Int) -> LogRecord {
        LogRecord(Frame(.batch, ByteBuffer(repeating: 7, count: bytes)), received: 1)
    }

    @Test("It is the largest log of the largest session")
    func ends() throws {
        defer { try? FileManager.default.removeItem(atPath: directory.string) }
        let ended = Ended()
        // 50 kB of a megabyte are kept free, so 100 kB are left.
        let storage = try storage(free: 150_000) { session, node, _ in ended.logs.append("\(session) \(node)") }
        for (session, nodes) in [(UInt64(1), ["a"]), (2, ["a", "b"])] {
            let opened = storage.open(description(session, nodes: nodes))
            loop.run()
            try opened.wait()
            storage.release(session)
        }
        storage.append(batch(90_000), session: 1, node: 0, sequence: 1)
        storage.append(batch(20_000), session: 2, node: 0, sequence: 1)
        loop.advanceTime(by: .seconds(1))
        #expect(ended.logs.isEmpty)
        storage.append(batch(95_000), session: 2, node: 1, sequence: 1)
        loop.advanceTime(by: .seconds(1))
        #expect(ended.logs == ["2 1"])
        // What has ended does not count any longer.
        storage.append(batch(1_000), session: 2, node: 0, sequence: 2)
        loop.advanceTime(by: .seconds(1))
        #expect(ended.logs.count == 1)
    }

    @Test("No session begins below the floor")
    func floor() throws {
        defer { try? FileManager.default.removeItem(atPath: directory.string) }
        let storage = try storage(free: 40_000) { _, _, _ in }
        let opened = storage.open(description(1, nodes: ["a"]))
        loop.run()
        #expect(throws: DiskQuotaExceeded.self) { try opened.wait() }
    }

    private final class Ended: @unchecked Sendable {
        var logs: [String] = []
    }
}
