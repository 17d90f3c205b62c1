import Foundation
import SessionStore
import SystemPackage
import Testing
import TraceProtocol

@testable import ControllerCore

@Suite final class DataFolderTests {
    /// Does not exist yet.
    let path = FilePath("/tmp/fleetrace-data-\(UInt64.random(in: 0 ... .max))")

    deinit { try? FileManager.default.removeItem(atPath: path.string) }

    static func description(_ session: UInt64, keep: Bool = false) -> WireSessionDescription {
        .with {
            $0.session = session
            $0.nodes = ["web-1"]
            $0.state = "recording"
            $0.keep = keep
        }
    }

    @Test func isMadeForItsOwnerOnly() throws {
        _ = try DataFolder(path)
        var facts = stat()
        #expect(stat(path.string, &facts) == 0 && facts.st_mode & 0o777 == 0o700)
    }

    @Test(
        "One that others may use, or its owner may not, is refused with what to do",
        arguments: [0o755, 0o750, 0o701, 0o777, 0o500, 0o600] as [mode_t])
    func mode(_ mode: mode_t) throws {
        try #require(mkdir(path.string, 0o700) == 0 && chmod(path.string, mode) == 0)
        let refusal = #expect(throws: DataFolderError.accessible(path, mode: mode)) { try DataFolder(path) }
        #expect(refusal?.description.contains("chmod 0700 \(path)") == true)
        chmod(path.string, 0o700)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path.string).isEmpty)
        _ = try DataFolder(path)
    }

    @Test(
        "One that belongs to somebody else is refused", .enabled(if: geteuid() == 0, "only root can give a folder away")
    )
    func owner() throws {
        try #require(mkdir(path.string, 0o700) == 0 && chown(path.string, 65_534, 65_534) == 0)
        let refusal = #expect(throws: DataFolderError.foreign(path, owner: 65_534)) { try DataFolder(path) }
        #expect(refusal?.description.contains("user 65534") == true)
    }

    @Test("A second controller is refused while the first one has the folder")
    func oneAtATime() throws {
        let first = try DataFolder(path)
        let refusal = #expect(throws: DataFolderError.inUse(path)) { try DataFolder(path) }
        #expect(refusal?.description.contains(path.string) == true)
        _ = try first.sessions()
    }

    @Test func whatIsNoFolderIsRefused() {
        #expect(throws: DataFolderError.store(.system("open", path: "/dev/null", .notDirectory))) {
            try DataFolder("/dev/null")
        }
    }

    @Test("A folder keeps its identity, and a mark that is none is refused")
    func identity() throws {
        _ = try DataFolder(path).create(Self.description(0x1f))
        #expect(try DataFolder(path).sessions().own == [0x1f])
        let mark = path.appending(FolderMark.file).string
        try Data("fleetrace-controller here\n".utf8).write(to: URL(fileURLWithPath: mark))
        #expect(throws: DataFolderError.self) { try DataFolder(path) }
        try FileManager.default.removeItem(atPath: mark)
        // With its identity a folder loses its sessions: they stay as somebody else's.
        #expect(try DataFolder(path).sessions() == (own: [], others: 1))
    }

    @Test("Recordings, copies, links and other controllers' sessions are not this controller's")
    func strangers() throws {
        let folder = try DataFolder(path)
        let own = try folder.create(Self.description(0xabc))
        let files = FileManager.default
        _ = try SessionDirectory.create(at: path.appending("recording"), Self.description(0xabc))
        _ = try SessionDirectory.create(at: path.appending("123"), Self.description(0x123))
        try files.copyItem(atPath: own.folder.path.string, toPath: path.appending("abcd").string)
        try files.createSymbolicLink(atPath: path.appending("def").string, withDestinationPath: own.folder.path.string)
        try Data("notes".utf8).write(to: URL(fileURLWithPath: path.appending("notes").string))
        let other = path.appending("other")
        _ = try DataFolder(other).create(Self.description(0x456))
        try files.moveItem(atPath: other.appending("456").string, toPath: path.appending("456").string)
        let sessions = try folder.sessions()
        #expect(sessions == (own: [0xabc], others: 7))
        try folder.remove(0xabc)
        #expect(try folder.sessions() == (own: [], others: 7))
    }

    @Test("A session whose folder has other people's files is not removed with them")
    func foreignFiles() throws {
        let folder = try DataFolder(path)
        let session = try folder.create(Self.description(0xabc))
        let notes = session.folder.path.appending("notes").string
        try Data("notes".utf8).write(to: URL(fileURLWithPath: notes))
        #expect(throws: StoreError.notEmpty(path: session.folder.path.string)) { try folder.remove(0xabc) }
        #expect(FileManager.default.fileExists(atPath: notes))
        #expect(try folder.sessions() == (own: [], others: 1))
    }

    @Test func aMarkReadsBackAndNothingElseIsOne() {
        for mark in [FolderMark(folder: 0xab), FolderMark(folder: .max, session: 1)] {
            #expect(FolderMark(mark.bytes) == mark)
            #expect(mark.bytes.count <= FolderMark.longest)
            for index in mark.bytes.indices {
                #expect(FolderMark(Array(mark.bytes[..<index])) == nil)
                var bytes = mark.bytes
                bytes[index] = UInt8(ascii: "~")
                #expect(FolderMark(bytes) == nil)
            }
        }
    }
}
