import Foundation
import NIOCore
import SessionStore
import Synchronization
import Testing
import TraceProtocol

@testable import AgentCore

/// A folder for spools, removed at the end, and streams whose disk works when the test says so.
///
/// Unchecked: confined to the thread of its test.
final class SpoolBench: @unchecked Sendable {
    let path: String
    let space: SpoolSpace
    let folder: SpoolFolder
    /// Work that waits for the disk.
    private(set) var work: [@Sendable () -> Void] = []
    private(set) var reports: [String] = []

    init(limit: Int = 1 << 30) throws {
        path = NSTemporaryDirectory() + "/fleetrace-spool-\(UInt64.random(in: 0 ... .max))"
        space = SpoolSpace(limit: limit, cpus: 1)
        folder = try SpoolFolder(path, node: "web-1", space: space)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func disk(_ files: SpoolFiles) -> StreamDisk {
        StreamDisk(
            files: files, run: { self.work.append($0) }, report: { self.reports.append($0) },
            remove: { _ = files.removeAll() })
    }

    /// Does what waits.
    func runDisk() {
        while !work.isEmpty { work.removeFirst()() }
    }

    func stream(_ session: UInt64 = 7, memory: Int = 1 << 20) -> (stream: SessionStream, files: SpoolFiles) {
        let files = folder.files(of: session)
        return (SessionStream(session: session, budget: memory, disk: disk(files), onAppend: {}), files)
    }

    /// Names of the files of a session.
    func files(_ session: UInt64 = 7) -> [String] {
        let names = try? FileManager.default.contentsOfDirectory(atPath: file(session))
        return (names ?? []).sorted()
    }

    func file(_ session: UInt64, _ name: String = "") -> String {
        "\(path)/web-1/\(String(session, radix: 16))" + (name.isEmpty ? "" : "/\(name)")
    }

    /// A batch with room for its number, of a CPU with so many events.
    static func batch(cpu: UInt32 = 0, events: UInt32 = 1, bytes: Int = 100) -> Frame {
        var body = ByteBuffer()
        BatchHeader(
            number: StreamNumber(session: 0, sequence: 0), cpu: cpu, firstTimestamp: 5, lost: 0, events: events,
            codec: .deflate, rawLength: 0
        ).write(into: &body)
        body.writeRepeatingByte(UInt8(truncatingIfNeeded: events), count: bytes)
        return Frame(.batch, body)
    }

    static func sequence(_ frame: Frame) -> UInt64 {
        var body = frame.body
        return (try? StreamNumber(reading: &body, of: frame.type))?.sequence ?? 0
    }
}
