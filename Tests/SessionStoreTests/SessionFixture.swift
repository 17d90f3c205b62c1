import Foundation
import NIOCore
import SystemPackage
import TraceProtocol

@testable import SessionStore

/// A session on disk of which a test knows everything. Removed with the value.
final class SessionFixture {
    static let id: UInt64 = 0xFEED_0000_0000_0007
    let folder = FilePath(NSTemporaryDirectory()).appending("fleetrace-stored-\(UInt64.random(in: 0 ... .max))")

    init() {
        try? FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder.string)
    }

    var path: FilePath { folder.appending("s") }

    func make(nodes: [String] = ["web-1"], state: String = "complete") throws -> SessionDirectory {
        try SessionDirectory.create(
            at: path,
            .with {
                $0.session = Self.id
                $0.nodes = nodes
                $0.state = state
            })
    }

    /// A session of whole logs with a Finish each.
    func makeWhole(nodes: [String] = ["web-1", "db-3"], batches: Int = 20, bytes: Int = 100) throws -> SessionDirectory
    {
        let session = try make(nodes: nodes)
        for node in nodes {
            var writer = NodeLogWriter(try session.log(of: node))
            writer.append(try Self.note(.joined))
            for number in 1...batches {
                writer.append(Self.batch(UInt64(number), cpu: UInt32(number % 2), events: 10, bytes: bytes))
                if number % 5 == 0 { writer.append(Self.watermark(UInt64(number))) }
            }
            writer.append(try Self.finish(UInt64(batches + 1), [UInt64(batches / 2), UInt64((batches + 1) / 2)]))
            writer.append(try Self.note(.stopped))
            try writer.finish()
        }
        return session
    }

    func file(_ node: String, _ segment: Int = 1) -> URL {
        URL(fileURLWithPath: path.appending("nodes/\(node)/\(SessionLayout.segment(segment))").string)
    }

    func read(_ session: SessionDirectory, _ node: String = "web-1") throws -> (
        records: [LogRecord], damage: [LogDamage]
    ) {
        var reader = NodeLogReader(try session.log(of: node))
        var found: (records: [LogRecord], damage: [LogDamage]) = ([], [])
        while let item = try reader.next() {
            switch item {
            case .record(let record): found.records.append(record)
            case .damage(let damage): found.damage.append(damage)
            }
        }
        return found
    }

    // MARK: Records

    static func batch(_ number: UInt64, cpu: UInt32, events: UInt32, bytes: Int = 100) -> LogRecord {
        var body = ByteBuffer()
        BatchHeader(
            number: StreamNumber(session: id, sequence: number), cpu: cpu, firstTimestamp: number * 1000, lost: 0,
            events: events, codec: .none, rawLength: UInt32(clamping: bytes)
        ).write(into: &body)
        body.writeRepeatingByte(UInt8(truncatingIfNeeded: number), count: bytes)
        return LogRecord(Frame(.batch, body), received: Int64(number) * 1000)
    }

    static func watermark(_ number: UInt64) -> LogRecord {
        let entries = [UInt32(0), 1].map { Watermark.Entry(cpu: $0, time: number * 1000) }
        return LogRecord(Watermark(session: id, entries: entries).frame(), received: Int64(number) * 1000)
    }

    /// - Parameter batches: of each CPU, with ten events each.
    static func finish(_ number: UInt64, _ batches: [UInt64]) throws -> LogRecord {
        var body = ByteBuffer()
        StreamNumber(session: id, sequence: number).write(into: &body)
        let finish = WireFinish.with {
            $0.cpus = batches.enumerated().map { cpu, count in
                .with {
                    $0.cpu = UInt32(cpu)
                    $0.recorded = count * 10
                    $0.sent = count * 10
                }
            }
        }
        body.writeImmutableBuffer(try Frame(.finish, finish).body)
        return LogRecord(Frame(.finish, body), received: Int64(number) * 1000)
    }

    static func note(_ kind: WireNodeNote.Kind) throws -> LogRecord {
        LogRecord(try Frame(.nodeNote, WireNodeNote.with { $0.kind = kind }), received: 1)
    }
}
