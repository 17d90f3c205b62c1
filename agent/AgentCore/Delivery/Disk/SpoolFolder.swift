import Glibc
import SessionStore
import SystemPackage

/// The folder with an agent's spools: `--spool DIR` has one for each node, and that one for each session. It belongs to one
/// user, because what is recorded is for its owner's eyes only, and to one agent at a time.
///
/// What else is in it is left alone, and nothing in it is reached through a link.
final class SpoolFolder: Sendable {
    private let folder: OpenFolder
    let space: SpoolSpace

    private static let mark = "fleetrace-spool"
    private static let markText = Array("fleetrace-spool 1\n".utf8)
    private static let mode: mode_t = 0o700

    /// Makes the folder if it is not there, and locks it. Touches nothing in it before that.
    ///
    /// - Throws: ``SpoolFolderError``.
    init(_ parent: String, node: String, space: SpoolSpace) throws(SpoolFolderError) {
        self.space = space
        let path = FilePath(parent)
        guard mkdir(parent, Self.mode) == 0 || errno == EEXIST else {
            throw SpoolFolderError(.system("create", path: parent, Errno(rawValue: errno)))
        }
        let facts: stat
        let isLocked: Bool
        do throws(StoreError) {
            let above = try OpenFolder(at: path)
            let isNew = try above.makeFolder(node)
            folder = try above.folder(node)
            // The umask may have taken bits away.
            if isNew { try folder.setMode(Self.mode) }
            facts = try folder.facts()
            isLocked = try folder.lock()
        } catch {
            throw SpoolFolderError(error)
        }
        guard facts.st_uid == geteuid(), facts.st_mode & 0o777 == Self.mode else {
            throw SpoolFolderError(
                "\(folder.path) must belong to the agent's user and have mode 0700 (events are for their owner's eyes only)"
            )
        }
        guard isLocked else { throw SpoolFolderError("another agent uses \(folder.path)") }
        do throws(StoreError) {
            try claim()
        } catch {
            throw SpoolFolderError(error)
        }
    }

    private func claim() throws(StoreError) {
        if let found = try folder.contents(of: Self.mark, limit: 100) {
            guard found == Self.markText else {
                throw .notASession(
                    path: folder.path.string, "its file \(Self.mark) is of another version (remove the folder)")
            }
            return
        }
        guard try folder.names().isEmpty else {
            throw .notASession(path: folder.path.string, "it is not empty, and no spool (choose another folder)")
        }
        try folder.replaceFile(Self.mark, with: Self.markText, isDurable: false)
    }

    // MARK: Sessions

    private static func name(_ session: UInt64) -> String { String(session, radix: 16) }

    /// The files of a session, which are made when the first frame comes.
    func files(of session: UInt64, segments: SpoolSegments = SpoolSegments()) -> SpoolFiles {
        SpoolFiles(space, segments: segments) { [folder] () throws(StoreError) in
            _ = try folder.makeFolder(Self.name(session))
            return try folder.folder(Self.name(session))
        }
    }

    /// The sessions of which something is there.
    func sessions() throws(StoreError) -> [UInt64] {
        try folder.names().compactMap { name in
            guard let session = UInt64(name, radix: 16), Self.name(session) == name,
                let facts = try? folder.facts(of: name), FileKind.isOwnFolder(facts)
            else { return nil }
            return session
        }
    }

    /// What an agent that died has left of a session.
    func folder(of session: UInt64) throws(StoreError) -> OpenFolder { try folder.folder(Self.name(session)) }

    /// Removes what is there of a session. Other people's files in its folder stay, and so does the folder then.
    func remove(_ session: UInt64) throws(StoreError) {
        let name = Self.name(session)
        guard try folder.facts(of: name) != nil else { return }
        let own = try folder.folder(name)
        for file in try own.names() where SpoolSegments.number(file) != nil { try own.removeFile(file) }
        guard folder.removeFolder(name) else { throw .notEmpty(path: own.path.string) }
    }
}

/// Why an agent cannot have its spool folder.
struct SpoolFolderError: Error, CustomStringConvertible {
    let description: String

    init(_ reason: String) {
        description = "--spool: \(reason); state a folder of the agent's own"
    }

    init(_ error: StoreError) { self.init("\(error)") }
}
