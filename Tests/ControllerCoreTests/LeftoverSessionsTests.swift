import Foundation
import Logging
import NIOCore
import SessionStore
import SystemFacts
import SystemPackage
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite final class LeftoverSessionsTests {
    let path = FilePath("/tmp/fleetrace-leftovers-\(UInt64.random(in: 0 ... .max))")
    private let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    deinit { try? FileManager.default.removeItem(atPath: path.string) }

    @Test("What an earlier controller left is found, with its size and end; what was recording is marked")
    func found() throws {
        let data = try DataFolder(path)
        for session in [1, 2] as [UInt64] { _ = try data.create(DataFolderTests.description(session)) }
        // Of an earlier build: without a journal, with something in its logs.
        let interrupted = try #require(try SessionDirectory.find(in: data.folder(of: 1)))
        var early = NodeLogWriter(try interrupted.log(of: interrupted.description.nodes[0]))
        early.append(LogRecord(Frame(.ping, ByteBuffer()), received: 1))
        try early.flush()
        let earlySize = early.writtenBytes
        var whole = try #require(try SessionDirectory.find(in: data.folder(of: 2)))
        try whole.update(
            .with {
                $0 = DataFolderTests.description(2, keep: true)
                $0.state = "complete"
                $0.ended = 42
            })
        var writer = NodeLogWriter(try whole.log(of: whole.description.nodes[0]))
        writer.append(LogRecord(Frame(.ping, ByteBuffer(string: "x")), received: 1))
        try writer.flush()
        let size = writer.writtenBytes

        let sessions = LeftoverSessions(in: data, log: log).find(bootID: "boot").stored.sorted {
            $0.session < $1.session
        }
        #expect(sessions.map(\.state) == ["interrupted: the controller ended", "complete"])
        #expect(sessions.map(\.storedBytes) == [UInt64(earlySize), UInt64(size)])
        #expect(sessions[0].ended > 0 && sessions[1].ended == 42)
        let marked = try SessionDirectory.find(in: data.folder(of: 1))?.description
        #expect(marked?.state == "interrupted: the controller ended")
    }

    @Test("A folder without a manifest stays for a week: its session was just being made")
    func unnamed() throws {
        let data = try DataFolder(path)
        let made = try data.create(DataFolderTests.description(1))
        try made.folder.removeFile("manifest.json")
        let leftovers = LeftoverSessions(in: data, log: log)
        let changed = try SessionDirectory.lastDescribed(in: data.folder(of: 1))
        #expect(leftovers.find(bootID: "boot", now: changed.advanced(by: LeftoverSessions.unnamedAge)).stored.isEmpty)
        #expect(try data.sessions() == (own: [1], others: 0))
        #expect(
            leftovers.find(bootID: "boot", now: changed.advanced(by: LeftoverSessions.unnamedAge + .nanoseconds(1)))
                .stored
                .isEmpty)
        #expect(try data.sessions() == (own: [], others: 0))
    }

    @Test("A manifest that cannot be read costs nothing but a line in the log")
    func brokenManifest() throws {
        let data = try DataFolder(path)
        let session = try data.create(DataFolderTests.description(1))
        let manifest = session.folder.path.appending("manifest.json").string
        try Data("{".utf8).write(to: URL(fileURLWithPath: manifest))
        #expect(
            LeftoverSessions(in: data, log: log).find(bootID: "boot", now: EpochInstant(nanoseconds: .max)).stored
                .isEmpty)
        #expect(try data.sessions() == (own: [1], others: 0))
    }
}
