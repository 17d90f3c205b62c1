import Foundation
import NIOCore
import SystemPackage
import Testing
import TraceProtocol

@testable import SessionStore

/// Sessions that somebody else made, or put something into.
@Suite final class HostileSessionTests {
    let path: FilePath

    init() throws {
        path = FilePath("/tmp/fleetrace-hostile-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(atPath: path.string, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path.string)
    }

    private func session(nodes: [String] = ["web-1"]) throws -> SessionDirectory {
        var description = WireSessionDescription()
        description.nodes = nodes
        return try SessionDirectory.create(at: path.appending("s"), description)
    }

    private func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path.appending("s/\(name)").string))
    }

    // MARK: Manifests

    struct Manifest: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let text: @Sendable () -> String
        /// What the error has to say.
        let reason: String
    }

    static let manifests = [
        Manifest(
            testDescription: "100,000 nodes", text: { nodes((0..<100_000).map { "n\($0)" }) }, reason: "100000 nodes"),
        Manifest(testDescription: "a node twice", text: { nodes(["a", "b", "a"]) }, reason: "\"a\" twice"),
        Manifest(testDescription: "a path", text: { nodes(["../../etc"]) }, reason: "\"../../etc\" cannot be"),
        Manifest(testDescription: "an absolute path", text: { nodes(["/etc/passwd"]) }, reason: "\"/etc/passwd\""),
        Manifest(testDescription: "no name", text: { nodes([""]) }, reason: "\"\" cannot be"),
        Manifest(testDescription: "an escape", text: { nodes(["\\u001b[2J"]) }, reason: "\"?[2J\""),
        Manifest(
            testDescription: "a long name", text: { nodes([String(repeating: "a", count: 300)]) }, reason: "cannot be"),
        Manifest(
            testDescription: "a huge time", text: { #"{"epochOffset":"9223372036854775807"}"# }, reason: "a time of"),
        Manifest(testDescription: "a number too large", text: { #"{"epochOffset":1e300}"# }, reason: "not the JSON"),
        Manifest(
            testDescription: "a huge id", text: { #"{"session":"99999999999999999999"}"# }, reason: "not the JSON"),
        Manifest(testDescription: "a wrong type", text: { #"{"nodes":{"a":1}}"# }, reason: "not the JSON"),
        Manifest(testDescription: "another type", text: { "[]" }, reason: "not the JSON"),
        Manifest(testDescription: "nothing", text: { "" }, reason: "not the JSON"),
        Manifest(
            testDescription: "a million arrays", text: { #"{"x":"# + String(repeating: "[", count: 1_000_000) },
            reason: "not the JSON"),
        Manifest(
            testDescription: "a million objects", text: { String(repeating: #"{"x":"#, count: 800_000) },
            reason: "not the JSON"),
        Manifest(
            testDescription: "5 MB", text: { nodes([String(repeating: "a", count: 5_000_000)]) }, reason: "too large"),
    ]

    private static func nodes(_ names: [String]) -> String {
        #"{"nodes":["# + names.map { "\"\($0)\"" }.joined(separator: ",") + "]}"
    }

    @Test("A hostile manifest is an error that says why", arguments: manifests)
    func manifest(_ hostile: Manifest) throws {
        _ = try session()
        try write(Array(hostile.text().utf8), to: "manifest.json")
        let error = #expect(throws: StoreError.self) { try SessionDirectory.open(path.appending("s")) }
        let text = "\(try #require(error))"
        #expect(text.lowercased().contains(hostile.reason.lowercased()), "\(text)")
        #expect(text.contains(path.string) && text.utf8.count < 300, "\(text)")
    }

    @Test("The most nodes that a session may have can be read back")
    func mostNodes() throws {
        let nodes = (0..<SessionManifest.mostNodes).map { "n\($0)-" + String(repeating: "x", count: 56) }
        _ = try session(nodes: nodes)
        #expect(try SessionDirectory.open(path.appending("s")).description.nodes == nodes)
    }

    @Test("Gaps that no session has are refused: too many, of a node that is not there, at impossible times")
    func gaps() throws {
        func decode(_ gaps: [WireRecordingGap]) throws {
            let description = WireSessionDescription.with {
                $0.nodes = ["a"]
                $0.gaps = gaps
            }
            _ = try SessionManifest.decode(Array(description.jsonString().utf8))
        }
        let gap = WireRecordingGap(from: 1, to: 2, "x")
        try decode(Array(repeating: gap, count: 1000))
        #expect(throws: SessionManifestError.self) { try decode(Array(repeating: gap, count: 1001)) }
        #expect(throws: SessionManifestError.self) { try decode([WireRecordingGap(from: -1, to: 2, "x")]) }
        #expect(throws: SessionManifestError.self) { try decode([WireRecordingGap(from: 1, to: .max, "x")]) }
        var other = gap
        other.node = 1
        #expect(throws: SessionManifestError.self) { try decode([other]) }
    }

    // MARK: What is no file

    /// Puts something else where a file of a session is.
    enum Impostor: String, CaseIterable, Sendable {
        case link = "a symbolic link"
        case pipe = "a named pipe"
        case socket = "a socket"
        case folder = "a folder"

        func put(at path: String) throws {
            switch self {
            case .link: try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/zero")
            case .pipe: try #require(mkfifo(path, 0o600) == 0)
            case .folder: try #require(mkdir(path, 0o700) == 0)
            case .socket: try #require(mknod(path, S_IFSOCK | 0o600, 0) == 0)
            }
        }
    }

    @Test("A manifest that is no plain file is an error, and nothing waits", arguments: Impostor.allCases)
    func manifestKind(_ impostor: Impostor) throws {
        _ = try session()
        let manifest = path.appending("s/manifest.json").string
        try FileManager.default.removeItem(atPath: manifest)
        try impostor.put(at: manifest)
        let error = #expect(throws: StoreError.self) { try SessionDirectory.open(path.appending("s")) }
        #expect("\(try #require(error))".contains(impostor.rawValue))
    }

    @Test("A segment that is no plain file is an error, and nothing waits", arguments: Impostor.allCases)
    func segmentKind(_ impostor: Impostor) throws {
        let session = try session()
        let file = try session.log(of: "web-1").path(1)
        try FileManager.default.createDirectory(
            atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
        try impostor.put(at: file.string)
        var reader = NodeLogReader(try session.log(of: "web-1"))
        let error = #expect(throws: StoreError.self) { try reader.next() }
        #expect("\(try #require(error))".contains(impostor.rawValue))
    }

    @Test("A node's folder, or that of all nodes, that is a link is not followed", arguments: ["nodes", "nodes/web-1"])
    func linkedFolder(_ name: String) throws {
        let session = try session()
        var writer = NodeLogWriter(try session.log(of: "web-1"))
        writer.append(LogRecord(Frame(.watermark, ByteBuffer()), received: 0))
        try writer.flush()
        let (there, elsewhere) = (path.appending("s/\(name)").string, path.appending("elsewhere").string)
        try FileManager.default.moveItem(atPath: there, toPath: elsewhere)
        try FileManager.default.createSymbolicLink(atPath: there, withDestinationPath: elsewhere)
        var reader = NodeLogReader(try session.log(of: "web-1"))
        let error = #expect(throws: StoreError.self) { try reader.next() }
        #expect("\(try #require(error))".contains("a symbolic link"))
        try SessionFiles.remove(from: session.folder)
        #expect(try !FileManager.default.contentsOfDirectory(atPath: elsewhere).isEmpty)
    }

    // MARK: Segments

    @Test("A sparse segment of a tebibyte is not read")
    func sparseSegment() throws {
        let session = try session()
        var writer = NodeLogWriter(try session.log(of: "web-1"))
        writer.append(LogRecord(Frame(.watermark, ByteBuffer()), received: 0))
        try writer.flush()
        try #require(truncate(try session.log(of: "web-1").path(1).string, 1 << 40) == 0)
        var reader = NodeLogReader(try session.log(of: "web-1"))
        guard case .damage(let damage) = try reader.next() else { throw StoreError.badName("no damage") }
        #expect(damage.description.contains("1099511627776 bytes"))
        #expect(try reader.next() == nil)
    }

    @Test("A segment of heads that each claim the longest record costs a bounded number of sums")
    func slowSegment() {
        var bytes = ByteBuffer()
        while bytes.readableBytes < LogRecord.longest + (1 << 20) {
            bytes.writeInteger(LogRecord.magic)
            bytes.writeInteger(UInt32(LogRecord.maximumBody))
            bytes.writeInteger(UInt32(1))
        }
        let size = bytes.readableBytes
        var scanner = LogScanner()
        scanner.feed(bytes)
        while case .damage = scanner.next() {}
        #expect(scanner.vainlySummed <= LogScanner.mostVainlySummed + LogRecord.longest + size)
        #expect(scanner.offset > 0)
    }

    // MARK: Removal

    @Test("Removing a session leaves what is not its own, and the folders that this is in")
    func removal() throws {
        let session = try session(nodes: ["web-1", "db-1"])
        for node in ["web-1", "db-1"] {
            var writer = NodeLogWriter(try session.log(of: node))
            writer.append(LogRecord(Frame(.watermark, ByteBuffer()), received: 0))
            try writer.flush()
        }
        try write([1], to: "nodes/web-1/notes.txt")
        try write([1], to: "notes.txt")
        let link = path.appending("s/nodes/web-1/000002.seg").string
        try write([1], to: "../precious")
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: path.appending("precious").string)
        try SessionFiles.remove(from: session.folder)
        let left = try FileManager.default.subpathsOfDirectory(atPath: path.string).sorted()
        #expect(
            left == [
                "precious", "s", "s/nodes", "s/nodes/web-1", "s/nodes/web-1/000002.seg", "s/nodes/web-1/notes.txt",
                "s/notes.txt",
            ])
    }
}
