import Foundation
import NIOCore
import NIOEmbedded
import SessionStore
import SystemPackage
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite("Files that cannot be written for a while")
final class FileStoragePauseTests {
    private let loop = EmbeddedEventLoop()
    private let directory = FilePath(NSTemporaryDirectory()).appending("pause-\(UUID().uuidString)")
    private let heard = Heard()

    private final class Heard: @unchecked Sendable {
        var lines: [String] = []
        var free = 500_000
        /// Granted again.
        var bytes = 0
        var position = LogPosition.start
    }

    deinit { try? FileManager.default.removeItem(atPath: directory.string) }

    /// A session of one node.
    private func storage(keep: Bool) throws -> FileStorage {
        let heard = heard
        let storage = FileStorage(
            in: try DataFolder(directory), loop: loop, space: { DiskSpace(free: heard.free, total: 1_000_000) })
        storage.report(
            to: StorageReceiver(
                progress: { steps in
                    for step in steps {
                        heard.bytes += step.bytes
                        heard.position = step.position
                        if step.sequence > 0 { heard.lines.append("stored \(step.sequence)") }
                    }
                },
                ended: { _, node, _ in heard.lines.append("ended \(node)") },
                paused: { _, node, _ in heard.lines.append("paused \(node)") },
                resumed: { _, node, sequence in heard.lines.append("resumed \(node) after \(sequence)") }))
        let opened = storage.open(
            .with {
                $0.session = 7
                $0.nodes = ["a"]
                $0.keep = keep
            })
        loop.run()
        try opened.wait()
        storage.release(7)
        return storage
    }

    private func append(_ sequences: ClosedRange<UInt64>, to storage: FileStorage) {
        for sequence in sequences {
            var body = ByteBuffer()
            StreamNumber(session: 7, sequence: sequence).write(into: &body)
            body.writeRepeatingByte(7, count: 84)
            storage.append(LogRecord(Frame(.batch, body), received: 1), session: 7, node: 0, sequence: sequence)
        }
    }

    private func note(_ kind: WireNodeNote.Kind, to storage: FileStorage) throws {
        let frame = try Frame(.nodeNote, WireNodeNote.with { $0.kind = kind })
        storage.append(LogRecord(frame, received: 1), session: 7, node: 0, sequence: 0)
    }

    private func advance() {
        loop.advanceTime(by: .milliseconds(1100))
    }

    private func log() throws -> (numbers: [UInt64], notes: [WireNodeNote.Kind], damage: Int) {
        let session = try SessionDirectory.open(directory.appending("7"))
        var reader = NodeLogReader(try session.log(of: "a"))
        var found: (numbers: [UInt64], notes: [WireNodeNote.Kind], damage: Int) = ([], [], 0)
        while let item = try reader.next() {
            switch item {
            case .record(let record):
                if let number = record.sequence { found.numbers.append(number) }
                if record.frame.type == .nodeNote {
                    found.notes.append(try record.frame.message(WireNodeNote.self).kind)
                }
            case .damage: found.damage += 1
            }
        }
        return found
    }

    /// Nothing can be made where the logs are to be.
    private func block() throws {
        try Data([1]).write(to: URL(fileURLWithPath: directory.appending("7/nodes").string))
    }

    private func unblock() throws {
        try FileManager.default.removeItem(atPath: directory.appending("7/nodes").string)
    }

    @Test("A log that cannot be made waits, and then has everything, in order, once", arguments: [false, true])
    func blocked(keep: Bool) throws {
        let storage = try storage(keep: keep)
        try block()
        try note(.joined, to: storage)
        append(1...3, to: storage)
        advance()
        #expect(heard.lines == ["paused 0"] && heard.bytes == 300)
        try note(.paused, to: storage)
        append(4...5, to: storage)
        advance()
        #expect(heard.lines == ["paused 0"] && heard.bytes == 500)
        try unblock()
        advance()
        #expect(heard.lines == ["paused 0", "resumed 0 after 0"])
        // What was on its way is ignored.
        append(6...6, to: storage)
        append(1...6, to: storage)
        advance()
        #expect(heard.lines.last == "stored 6" && heard.bytes == 1200)
        let finished = storage.finish(
            .with {
                $0.session = 7; $0.nodes = ["a"]; $0.keep = keep; $0.state = "complete"
            })
        loop.run()
        try finished.wait()
        let found = try log()
        #expect(found.numbers == Array(1...6) && found.notes == [.joined, .paused] && found.damage == 0)
    }

    @Test("A disk that others fill stops recordings, and ends none")
    func crowded() throws {
        let storage = try storage(keep: false)
        append(1...2, to: storage)
        advance()
        heard.free = 40_000
        append(3...3, to: storage)
        advance()
        #expect(heard.lines.last == "paused 0")
        append(4...4, to: storage)
        advance()
        #expect(heard.lines.last == "paused 0")
        heard.free = 400_000
        advance()
        #expect(heard.lines.suffix(2) == ["resumed 0 after 3", "stored 3"])
        append(4...4, to: storage)
        advance()
        #expect(heard.lines.last == "stored 4" && !heard.lines.contains("ended 0"))
    }

    @Test("Of a session that is kept, readers see only what is synchronized")
    func readersWait() throws {
        let storage = try storage(keep: true)
        append(1...2, to: storage)
        loop.run()
        #expect(heard.lines.isEmpty && heard.position == .start)
        loop.advanceTime(by: .milliseconds(50))
        #expect(heard.lines == ["stored 2"] && heard.position > .start)
    }
}
