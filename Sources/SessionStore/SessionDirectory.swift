import Glibc
import SwiftProtobuf
import SystemPackage
import TraceProtocol

/// A session on disk: its manifest and the logs of its nodes.
public struct SessionDirectory: Sendable {
    public let layout: SessionLayout
    public private(set) var description: WireSessionDescription
    /// Whether the manifest is to survive a power cut.
    private let isDurable: Bool

    /// Makes the directory and its manifest.
    ///
    /// - Parameter isDurable: false for a session that does not outlive its controller: nothing waits for the disk then.
    /// - Throws: `StoreError.exists` when there is something at that path.
    public static func create(
        at directory: FilePath, _ description: WireSessionDescription, isDurable: Bool = true
    ) throws(StoreError) -> SessionDirectory {
        if mkdir(directory.string, 0o700) != 0 {
            let code = Errno(rawValue: errno)
            throw code == .fileExists
                ? .exists(path: directory.string) : .system("create", path: directory.string, code)
        }
        var session = SessionDirectory(
            layout: SessionLayout(directory: directory), description: description, isDurable: isDurable)
        try session.update(description)
        return session
    }

    /// Opens a session to read it. Damage to the logs shows when they are read.
    public static func open(_ directory: FilePath) throws(StoreError) -> SessionDirectory {
        let layout = SessionLayout(directory: directory)
        let text = try StoreError.naming("open", layout.manifest) {
            let file = try File.open(layout.manifest, .readOnly, options: .closeOnExec)
            defer { try? file.close() }
            var bytes = [UInt8](repeating: 0, count: maximumManifest)
            let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0) }
            return String(decoding: bytes[..<count], as: UTF8.self)
        }
        do {
            var options = JSONDecodingOptions()
            options.ignoreUnknownFields = true
            let description = try WireSessionDescription(jsonString: text, options: options)
            return SessionDirectory(layout: layout, description: description, isDurable: true)
        } catch {
            throw .notASession(path: directory.string, "its manifest.json cannot be read (\(error))")
        }
    }

    /// Bytes; a thousand nodes take about 100 KiB.
    private static let maximumManifest = 4 << 20

    /// Replaces the manifest, whole or not at all.
    public mutating func update(_ description: WireSessionDescription) throws(StoreError) {
        self.description = description
        let (directory, manifest) = (layout.directory, layout.manifest)
        try StoreError.naming("write", manifest) {
            let temporary = directory.appending("manifest.json.new")
            let file = try File.open(
                temporary, .writeOnly, options: [.create, .truncate, .closeOnExec], permissions: .ownerReadWrite)
            defer { try? file.close() }
            let text = try description.jsonString() + "\n"
            try file.writeAll(text.utf8)
            guard !isDurable || fdatasync(file.rawValue) == 0, rename(temporary.string, manifest.string) == 0 else {
                throw Errno(rawValue: errno)
            }
        }
    }

    /// Removes the session and everything in it.
    public func remove() throws(StoreError) {
        for node in description.nodes {
            var number = 1
            while unlink(try layout.segment(number, of: node).string) == 0 { number += 1 }
            rmdir(try layout.nodeDirectory(node).string)
        }
        rmdir(layout.directory.appending("nodes").string)
        unlink(layout.directory.appending("manifest.json.new").string)
        unlink(layout.manifest.string)
        guard rmdir(layout.directory.string) == 0 else {
            throw .system("remove", path: layout.directory.string, Errno(rawValue: errno))
        }
    }
}
