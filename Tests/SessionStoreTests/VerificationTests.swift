import Foundation
import SystemPackage
import Testing
import TraceProtocol

@testable import SessionStore

@Suite("verify: a session that is as it was written, and everything that is not")
final class VerificationTests {
    let store = SessionFixture()

    private func damage() throws -> [String] {
        try SessionVerification(store.path).damage.map {
            $0.replacingOccurrences(of: "\(store.path)/nodes/", with: "")
        }
    }

    @Test("A whole one is whole, in several segments too", arguments: [100, 4 << 20])
    func whole(bytes: Int) throws {
        _ = try store.makeWhole(bytes: bytes)
        let found = try SessionVerification(store.path)
        #expect(found.damage.isEmpty && found.notes.isEmpty && found.nodes == 2 && found.events == 400, "\(found)")
        #expect(found.segments == (bytes > 1000 ? 4 : 2) && found.records == 2 * 27)
    }

    @Test("Any bit that is flipped is found, and nothing else is said of the other node")
    func flippedBits() throws {
        _ = try store.makeWhole()
        let file = store.file("web-1")
        let whole = try Data(contentsOf: file)
        for bit in stride(from: 0, to: whole.count * 8, by: 37) {
            var bytes = whole
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            try bytes.write(to: file)
            let found = try damage()
            #expect(!found.isEmpty && found.allSatisfy { $0.hasPrefix("node web-1: web-1/000001.seg") }, "bit \(bit)")
        }
    }

    @Test("Any cut is found")
    func cuts() throws {
        _ = try store.makeWhole()
        let file = store.file("web-1")
        let whole = try Data(contentsOf: file)
        for size in stride(from: 0, to: whole.count, by: 11) {
            try whole.prefix(size).write(to: file)
            #expect(try damage().contains { $0.contains("its closing record is missing") }, "cut to \(size)")
        }
        try FileManager.default.removeItem(at: file)
        #expect(try damage() == ["node web-1: web-1: it has no log"])
    }

    @Test("A record that was taken out is named by its number and its place")
    func missingRecord() throws {
        _ = try store.makeWhole()
        let file = store.file("web-1")
        var bytes = try Data(contentsOf: file)
        let record = 21 + 45 + 100
        let first = 8 + 21 + 2
        let start = first + 2 * record
        bytes.removeSubrange(start..<start + record)
        try bytes.write(to: file)
        let found = try damage()
        #expect(found.contains("node web-1: web-1/000001.seg: at offset \(start): frame 3 is missing"), "\(found)")
        #expect(found.contains { $0.contains("its closing record says: it is to have 27 records") }, "\(found)")
        #expect(
            found.contains { $0.contains("CPU 1: the node's totals say that it sent 100 events, and the log has 90") })
    }

    @Test("Segments and nodes that changed places, and segments that are gone")
    func places() throws {
        _ = try store.makeWhole(bytes: 4 << 20)
        let files = FileManager.default
        let (one, two, aside) = (store.file("web-1", 1), store.file("web-1", 2), store.folder.appending("x").string)
        try files.moveItem(atPath: one.path, toPath: aside)
        #expect(try damage().contains("node web-1: web-1/000001.seg: this segment is missing"))
        try files.moveItem(at: two, to: one)
        try files.moveItem(atPath: aside, toPath: two.path)
        #expect(try damage().contains { $0.contains("its closing record says: it is segment 2 of its log") })
        for segment in [1, 2] { try files.removeItem(at: store.file("web-1", segment)) }
        for segment in [1, 2] { try files.copyItem(at: store.file("db-3", segment), to: store.file("web-1", segment)) }
        #expect(try damage().contains { $0.contains("its closing record says: it belongs to node \"db-3\"") })
    }

    @Test(
        "A frame that is there twice, one of another session, totals of another count, a last frame that is not there")
    func frames() throws {
        let session = try store.make()
        var writer = NodeLogWriter(try session.log(of: "web-1"))
        writer.append(SessionFixture.batch(1, cpu: 0, events: 10))
        writer.append(SessionFixture.batch(1, cpu: 0, events: 10))
        try writer.finish()
        #expect(
            try damage().map { $0.split(separator: ": ").last ?? "" }.contains(
                "frame 1 has been there before, or a later one"))
        #expect(try damage().contains { $0.contains("the node's last frame is missing") })
    }

    @Test("What is unfinished is noted, and is no damage")
    func unfinished() throws {
        let session = try store.make(state: "recording")
        var writer = NodeLogWriter(try session.log(of: "web-1"))
        writer.append(SessionFixture.batch(1, cpu: 0, events: 10))
        try writer.flush()
        let found = try SessionVerification(store.path)
        #expect(found.damage.isEmpty && found.notes.count == 1)
        try FileManager.default.createDirectory(
            atPath: store.path.appending("nodes/ghost").string, withIntermediateDirectories: false)
        #expect(try damage() == ["ghost: the manifest names no such node"])
    }

    @Test("A log of version 1 is read, and need not be closed")
    func firstVersion() throws {
        let session = try store.makeWhole()
        let file = store.file("web-1")
        var bytes = try Data(contentsOf: file)
        bytes.removeLast(12 + 9 + 40 + "web-1".utf8.count)
        bytes[7] = UInt8(ascii: "1")
        try bytes.write(to: file)
        #expect(try damage().isEmpty && store.read(session).records.count == 27)
        bytes[7] = UInt8(ascii: "3")
        try bytes.write(to: file)
        #expect(try damage().contains { $0.contains("version 3 of the format, and this program reads 1 and 2") })
    }

    @Test("The page's independent reader reads the same, and sees the same damage")
    func independentReader() throws {
        let session = try store.makeWhole()
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../StoreFormat/read_session.py").path
        func run() throws -> (status: Int32, text: String) {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["python3", script, store.path.string]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            return (process.terminationStatus, text)
        }
        let records = try store.read(session).records
        let whole = try run()
        #expect(
            whole.status == 0 && whole.text.contains("web-1: \(records.count) records, 21 frames, 200 events"),
            "\(whole)")
        let file = store.file("db-3")
        var bytes = try Data(contentsOf: file)
        bytes[500] ^= 4
        try bytes.write(to: file)
        let damaged = try run()
        #expect(damaged.status == 1 && damaged.text.contains("db-3/000001.seg: damaged at "), "\(damaged)")
    }
}
