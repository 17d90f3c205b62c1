import Glibc
import SessionStore
import SystemPackage
import TraceProtocol

/// The folder with a controller's sessions. It belongs to one user, because what is recorded is for its owner's eyes only,
/// and to one controller at a time: a second one would take the sessions of the first for leftovers.
///
/// What else is in it is left alone: recordings of operators, sessions of another controller, links. A session is this
/// controller's when the mark in its folder says so.
final class DataFolder: Sendable {
    private let folder: OpenFolder
    /// Tells the sessions of this folder from those of another one.
    private let id: UInt64

    var path: FilePath { folder.path }

    static let mode: mode_t = 0o700

    /// Makes the folder if it is not there, and locks it. Touches nothing in it before that.
    ///
    /// - Throws: ``DataFolderError``.
    init(_ path: FilePath) throws(DataFolderError) {
        folder = try Self.open(path)
        do throws(StoreError) {
            id = try Self.readOrMakeMark(in: folder)
        } catch {
            throw .store(error)
        }
    }

    private static func open(_ path: FilePath) throws(DataFolderError) -> OpenFolder {
        let isNew = mkdir(path.string, mode) == 0
        guard isNew || errno == EEXIST else {
            throw .store(.system("create", path: path.string, Errno(rawValue: errno)))
        }
        let (folder, facts, isLocked): (OpenFolder, stat, Bool)
        do throws(StoreError) {
            folder = try OpenFolder(at: path)
            // The umask may have taken bits away.
            if isNew { try folder.setMode(mode) }
            facts = try folder.facts()
            // The lock is on the folder itself, so it ends with the process, however that ends.
            isLocked = try folder.lock()
        } catch {
            throw .store(error)
        }
        guard facts.st_uid == geteuid() else { throw .foreign(path, owner: facts.st_uid) }
        guard facts.st_mode & 0o777 == mode else { throw .accessible(path, mode: facts.st_mode & 0o777) }
        guard isLocked else { throw .inUse(path) }
        return folder
    }

    private static func readOrMakeMark(in folder: OpenFolder) throws(StoreError) -> UInt64 {
        if let bytes = try folder.contents(of: FolderMark.file, limit: FolderMark.longest) {
            guard let mark = FolderMark(bytes), mark.session == nil else {
                throw .notASession(
                    path: folder.path.appending(FolderMark.file).string,
                    "it does not say which folder this is (remove it)")
            }
            return mark.folder
        }
        let id = UInt64.random(in: 1 ... .max)
        try folder.replaceFile(FolderMark.file, with: FolderMark(folder: id).bytes, isDurable: true)
        return id
    }

    // MARK: Sessions

    /// Makes a session's folder, with its mark and its manifest.
    func create(_ description: WireSessionDescription) throws(StoreError) -> SessionDirectory {
        let name = description.session.sessionText
        guard try folder.makeFolder(name) else { throw .exists(path: folder.path.appending(name).string) }
        do throws(StoreError) {
            let own = try folder.folder(name)
            let mark = FolderMark(folder: id, session: description.session)
            try own.replaceFile(FolderMark.file, with: mark.bytes, isDurable: description.keep)
            return try SessionDirectory.create(in: own, description, isDurable: description.keep)
        } catch {
            try? remove(description.session)
            // Where the mark is missing, too; but only if nothing is in it.
            folder.removeFolder(name)
            throw error
        }
    }

    /// Removes a session of this controller. Other people's files in its folder stay, and so does the folder then.
    func remove(_ session: UInt64) throws(StoreError) {
        let name = session.sessionText
        let own = try folder.folder(name)
        guard markedSession(name) != nil else {
            throw .notASession(path: own.path.string, "it has lost its \(FolderMark.file), and is left alone")
        }
        try SessionFiles.remove(from: own)
        // Last: what is left after a crash in between is still known as this controller's.
        try own.removeFile(FolderMark.file)
        guard folder.removeFolder(name) else { throw .notEmpty(path: own.path.string) }
    }

    /// The sessions that carry this controller's mark, and how many other things are in the folder.
    func sessions() throws(StoreError) -> (own: [UInt64], others: Int) {
        let names = try folder.names().filter { $0 != FolderMark.file }
        let own = names.compactMap(markedSession)
        return (own, names.count - own.count)
    }

    private func markedSession(_ name: String) -> UInt64? {
        guard let session = UInt64(name, radix: 16), session.sessionText == name,
            let facts = try? folder.facts(of: name), FileKind.isOwnFolder(facts),
            let bytes = try? folder.folder(name).contents(of: FolderMark.file, limit: FolderMark.longest),
            FolderMark(bytes) == FolderMark(folder: id, session: session)
        else { return nil }
        return session
    }

    /// A session of this controller, to be read.
    func directory(of session: UInt64) throws(StoreError) -> SessionDirectory {
        let own = try folder(of: session)
        guard markedSession(session.sessionText) != nil, let found = try SessionDirectory.find(in: own) else {
            throw .notASession(path: own.path.string, "it has no manifest, or another controller's mark")
        }
        return found
    }

    /// The folder of a session that carries this controller's mark.
    func folder(of session: UInt64) throws(StoreError) -> OpenFolder {
        try folder.folder(session.sessionText)
    }
}
