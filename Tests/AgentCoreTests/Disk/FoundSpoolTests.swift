import Foundation
import NIOCore
import SessionStore
import TestSupport
import Testing
import TraceProtocol

@testable import AgentCore

@Suite("What an agent that died has left on disk")
struct FoundSpoolTests {
    /// A spool with frames of 1 to `count` events on CPU 3, as a killed agent leaves it.
    private static func left(_ count: Int, bytes: Int = 100) throws -> SpoolBench {
        let bench = try SpoolBench()
        let (stream, _) = bench.stream()
        for number in 1...count { stream.append(SpoolBench.batch(cpu: 3, events: UInt32(number), bytes: bytes)) }
        return bench
    }

    private static func found(_ bench: SpoolBench) throws -> FoundSpool {
        try FoundSpool(in: bench.folder.folder(of: 7))
    }

    @Test("All frames are found without being read, with their numbers and events, and can be read")
    func whole() throws {
        let bench = try Self.left(20, bytes: 2 << 20)
        let found = try Self.found(bench)
        #expect(found.first == 1 && found.frames.count == 20 && found.damage.isEmpty)
        #expect(found.frames.allSatisfy { $0.frame == nil && $0.cpu == 3 && $0.type == .batch })
        #expect(found.frames.map(\.events) == Array(1...20))
        #expect(found.segments.segments.map(\.number) == [1, 2, 3])
        let files = bench.folder.files(of: 7, segments: found.segments)
        for (index, frame) in found.frames.enumerated() {
            let location = try #require(frame.location)
            #expect(SpoolBench.sequence(try files.read(location)) == UInt64(index + 1))
        }
        files.free(through: 8)
        #expect(bench.files() == (2...3).map(SpoolSegments.name))
        // What is freed of it is removed; what comes goes into a segment of its own.
        _ = files.append(SpoolBench.batch(), 21)
        #expect(bench.files() == (2...4).map(SpoolSegments.name))
        files.free(through: 20)
        #expect(bench.files() == [SpoolSegments.name(4)])
    }

    @Test("A record that was being written is left out, wherever it was cut off")
    func torn() throws {
        let bench = try Self.left(3)
        let path = bench.file(7, SpoolSegments.name(1))
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let second = bytes.count - 158
        for length in stride(from: second, to: bytes.count, by: 7) {
            try bytes.prefix(length).write(to: URL(fileURLWithPath: path))
            let found = try Self.found(bench)
            #expect(found.frames.count == 2 && found.damage.isEmpty, "\(length) bytes")
        }
        // The length was written and the body was not.
        try (bytes.prefix(second + 60) + Data(count: bytes.count - second - 60)).write(to: URL(fileURLWithPath: path))
        #expect(try Self.found(bench).frames.count == 2)
    }

    @Test("Other versions, holes and random bytes are no frames, and end what can be used")
    func damaged() throws {
        var generator = SplitMix64(seed: 9)
        let bench = try Self.left(20, bytes: 2 << 20)
        let second = bench.file(7, SpoolSegments.name(2))
        try FileManager.default.removeItem(atPath: second)
        var found = try Self.found(bench)
        #expect(found.frames.count == 8 && found.damage == "frames are missing before number 17")
        #expect(found.segments.segments.map(\.number) == [1] && found.vain == [3] && found.lastBatches == [3: 20])
        for _ in 0..<50 {
            let bytes = (0..<Int(generator.next() % 300)).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
            try Data(SpoolSegments.magic + bytes).write(to: URL(fileURLWithPath: second))
            found = try Self.found(bench)
            #expect(found.frames.count == 8)
        }
        try Data("FLTRSPL9".utf8).write(to: URL(fileURLWithPath: bench.file(7, SpoolSegments.name(1))))
        #expect(try Self.found(bench).damage == "segment 1 is of another version")
    }

    @Test("Links are not followed, other people's files stay")
    func foreign() throws {
        let bench = try Self.left(2)
        let outside = bench.path + "/outside"
        try Data("mine".utf8).write(to: URL(fileURLWithPath: outside))
        try FileManager.default.createSymbolicLink(
            atPath: bench.file(7, SpoolSegments.name(2)), withDestinationPath: outside)
        #expect(throws: StoreError.self) { try Self.found(bench) }
        try Data("mine".utf8).write(to: URL(fileURLWithPath: bench.file(7, "notes")))
        #expect(throws: StoreError.self) { try bench.folder.remove(7) }
        #expect(FileManager.default.contents(atPath: outside) == Data("mine".utf8))
        #expect(bench.files().contains("notes"))
        #expect(try bench.folder.sessions() == [7])
    }

    @Test("A folder of another agent, of somebody else's or of others' eyes is refused")
    func folders() throws {
        let bench = try Self.left(1)
        func refusal(_ node: String) -> String {
            do {
                _ = try SpoolFolder(bench.path, node: node, space: bench.space)
                return ""
            } catch { return "\(error)" }
        }
        #expect(refusal("web-1").contains("another agent uses"))
        #expect(refusal("web-2").isEmpty)
        try FileManager.default.createDirectory(
            atPath: bench.path + "/web-3", withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        try Data("x".utf8).write(to: URL(fileURLWithPath: bench.path + "/web-3/mine"))
        #expect(refusal("web-3").contains("it is not empty, and no spool"))
        #expect(FileManager.default.fileExists(atPath: bench.path + "/web-3/mine"))
        try FileManager.default.createDirectory(
            atPath: bench.path + "/web-4", withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        #expect(refusal("web-4").contains("mode 0700"))
        try FileManager.default.createSymbolicLink(atPath: bench.path + "/web-5", withDestinationPath: "/tmp")
        #expect(!refusal("web-5").isEmpty)
    }
}
