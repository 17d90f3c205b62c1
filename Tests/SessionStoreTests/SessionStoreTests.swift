import Foundation
import NIOCore
import SystemPackage
import Testing
import TraceProtocol

@testable import SessionStore

@Suite final class SessionStoreTests {
    let folder: FilePath

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("fleetrace-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        folder = FilePath(url.path)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder.string)
    }

    static func record(_ index: Int, size: Int) -> LogRecord {
        LogRecord(
            Frame(.batch, ByteBuffer(bytes: (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ index) })),
            received: Int64(index))
    }

    static func description() -> WireSessionDescription {
        var description = WireSessionDescription()
        description.session = 0xFFFF_0000_1234_5678
        description.nodes = ["web-1", "db-3"]
        description.epochOffset = -5
        return description
    }

    func readAll(_ session: SessionDirectory, _ node: String) throws -> (records: [LogRecord], damage: [String]) {
        var reader = NodeLogReader(try session.log(of: node))
        var result: (records: [LogRecord], damage: [String]) = ([], [])
        while let item = try reader.next() {
            switch item {
            case .record(let record): result.records.append(record)
            case .damage(let damage): result.damage.append("\(damage)")
            }
        }
        return result
    }

    func write(_ records: [LogRecord], node: String = "web-1") throws -> SessionDirectory {
        let session = try SessionDirectory.create(at: folder.appending("s"), Self.description())
        var writer = NodeLogWriter(try session.log(of: node))
        for record in records { writer.append(record) }
        try writer.flush()
        try writer.synchronize()
        return session
    }

    func segment(_ number: Int, of session: SessionDirectory) throws -> URL {
        URL(fileURLWithPath: try session.log(of: "web-1").path(number).string)
    }

    @Test func recordsReadBackAsWritten() throws {
        let records = (0..<100).map { Self.record($0, size: $0 * 977) }
        let session = try write(records)
        let back = try readAll(session, "web-1")
        #expect(back.records == records)
        #expect(back.damage.isEmpty)
        #expect(try readAll(session, "db-3").records.isEmpty)
    }

    @Test func theManifestReadsBackAndIsNeverOverwrittenByAnotherSession() throws {
        let path = folder.appending("s")
        _ = try SessionDirectory.create(at: path, Self.description())
        #expect(try SessionDirectory.open(path).description == Self.description())
        #expect(throws: StoreError.exists(path: path.string)) {
            try SessionDirectory.create(at: path, Self.description())
        }
        #expect(throws: StoreError.self) { try SessionDirectory.open(folder.appending("absent")) }
        try Data("{ not json".utf8).write(to: URL(fileURLWithPath: path.appending("manifest.json").string))
        #expect(throws: StoreError.self) { try SessionDirectory.open(path) }
    }

    @Test func nodeNamesCannotLeaveTheSession() throws {
        let session = try SessionDirectory.create(at: folder.appending("s"), Self.description())
        for name in ["..", ".", "", "a/b", "/etc", "a\nb", String(repeating: "a", count: 251)] {
            #expect(throws: StoreError.badName(name)) { try session.log(of: name) }
            var description = Self.description()
            description.nodes.append(name)
            #expect(throws: StoreError.badName(name)) {
                try SessionDirectory.create(at: folder.appending("t\(description.nodes.count)"), description)
            }
            try? FileManager.default.removeItem(atPath: folder.appending("t3").string)
        }
    }

    @Test func aFlippedBitCostsItsRecordOnly() throws {
        let records = (0..<20).map { Self.record($0, size: 500) }
        let session = try write(records)
        let file = try segment(1, of: session)
        let whole = try Data(contentsOf: file)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let bit = Int.random(in: 64..<whole.count * 8, using: &generator)
            var bytes = whole
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            try bytes.write(to: file)
            let hit = (bit / 8 - 8) / (500 + 21)
            let back = try readAll(session, "web-1")
            #expect(back.records == records.enumerated().filter { $0.offset != hit }.map(\.element), "bit \(bit)")
            #expect(back.damage.count == 1, "bit \(bit)")
        }
    }

    @Test func aLogCutAnywhereGivesItsWholeRecords() throws {
        let records = (0..<6).map { Self.record($0, size: 40) }
        let session = try write(records)
        let file = try segment(1, of: session)
        let whole = try Data(contentsOf: file)
        for length in 0..<whole.count {
            try whole.prefix(length).write(to: file)
            let back = try readAll(session, "web-1")
            let expected = max(0, length - 8) / 61
            #expect(back.records == Array(records.prefix(expected)))
            #expect(back.damage.isEmpty == (length >= 8 && (length - 8) % 61 == 0), "length \(length)")
        }
    }

    @Test func aTailFollowsItsWriterInWholeRecords() throws {
        let session = try SessionDirectory.create(at: folder.appending("s"), Self.description())
        var writer = NodeLogWriter(try session.log(of: "web-1"))
        var tail = NodeLogTail(try session.log(of: "web-1"))
        #expect(try tail.read(upTo: writer.position, size: 1000) == nil)
        var expected: [LogRecord] = []
        var seen: [LogRecord] = []
        for round in 0..<60 {
            let record = Self.record(round, size: round * 101)
            writer.append(record)
            expected.append(record)
            guard round % 3 == 0 else { continue }
            try writer.flush()
            while let chunk = try tail.read(upTo: writer.position, size: 1000) {
                var scanner = LogScanner()
                scanner.feed(chunk)
                while case .record(let record) = scanner.next() { seen.append(record) }
                #expect(scanner.offset == UInt64(chunk.readableBytes))
            }
            #expect(seen == expected)
        }
    }

    @Test("A flush that is longer than a segment becomes several, of whole records")
    func longFlushes() throws {
        let records = (0..<70).map { Self.record($0, size: 1 << 20) }
        let session = try write(records)
        #expect(try readAll(session, "web-1").records == records)
        #expect(try readAll(session, "web-1").damage.isEmpty)
        let size = try FileManager.default.attributesOfItem(atPath: segment(1, of: session).path)[.size] as? UInt64
        #expect(try #require(size) <= SessionLayout.longestSegment)
        #expect(FileManager.default.fileExists(atPath: try segment(2, of: session).path))
    }

    @Test func aSessionCanBeRemovedWhole() throws {
        let session = try write([Self.record(1, size: 10)])
        try SessionFiles.remove(from: session.folder)
        #expect(try session.folder.names().isEmpty)
    }
}
