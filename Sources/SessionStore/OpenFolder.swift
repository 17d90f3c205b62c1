import Glibc
import SystemPackage

/// An open directory. What lies in it is reached by name from its descriptor and never through a symbolic link. So
/// nothing that somebody puts there leads out of it, and it stays the same directory when its path gets another one.
public final class OpenFolder: Sendable {
    /// For messages.
    public let path: FilePath
    private let descriptor: File

    /// Opens a path that a person chose: that may be a symbolic link.
    public convenience init(at path: FilePath) throws(StoreError) {
        try self.init(path, AT_FDCWD, path.string, 0)
    }

    private init(_ path: FilePath, _ parent: CInt, _ name: String, _ flags: CInt) throws(StoreError) {
        let number = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags)
        guard number >= 0 else { throw .system("open", path: path.string, Errno(rawValue: errno)) }
        self.path = path
        descriptor = File(rawValue: number)
    }

    deinit { try? descriptor.close() }

    /// Locks the folder with flock(2) until this value or the process ends.
    ///
    /// - Returns: false when somebody else has it locked.
    public func lock() throws(StoreError) -> Bool {
        if flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw .system("lock", path: path.string, Errno(rawValue: errno)) }
        return false
    }

    /// Owner, mode and times of the folder itself.
    public func facts() throws(StoreError) -> stat {
        var facts = stat()
        guard fstat(descriptor.rawValue, &facts) == 0 else { throw failure("examine", nil) }
        return facts
    }

    public func setMode(_ mode: mode_t) throws(StoreError) {
        guard fchmod(descriptor.rawValue, mode) == 0 else { throw failure("change", nil) }
    }

    /// What has this name, a symbolic link itself and not what it leads to; nil when nothing has.
    public func facts(of name: String) throws(StoreError) -> stat? {
        var facts = stat()
        if fstatat(descriptor.rawValue, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 { return facts }
        guard errno == ENOENT else { throw failure("examine", name) }
        return nil
    }

    /// The names in it, in no order.
    public func names() throws(StoreError) -> [String] {
        let copy = openat(descriptor.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else {
            defer { if copy >= 0 { close(copy) } }
            throw failure("list", nil)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Makes the names in it survive a power cut.
    func synchronize() throws(StoreError) {
        guard fsync(descriptor.rawValue) == 0 else { throw failure("write", nil) }
    }

    // MARK: Folders

    public func folder(_ name: String) throws(StoreError) -> OpenFolder {
        if let kind = try facts(of: name).flatMap(FileKind.init), kind != .folder {
            throw .wrongKind(path: path.appending(name).string, kind, needed: .folder)
        }
        return try OpenFolder(path.appending(name), descriptor.rawValue, name, O_NOFOLLOW)
    }

    /// Makes a folder for its owner only.
    ///
    /// - Returns: false when something has that name.
    public func makeFolder(_ name: String) throws(StoreError) -> Bool {
        if mkdirat(descriptor.rawValue, name, 0o700) == 0 { return true }
        guard errno == EEXIST else { throw failure("create", name) }
        return false
    }

    /// Removes a folder if it is empty.
    ///
    /// - Returns: whether it is gone.
    @discardableResult
    public func removeFolder(_ name: String) -> Bool {
        unlinkat(descriptor.rawValue, name, AT_REMOVEDIR) == 0
    }

    // MARK: Files

    /// Opens a file, to read it unless `access` says otherwise; nil when there is none.
    ///
    /// - Throws: `StoreError.wrongKind` for anything but a plain file. Of those that are not, some never end, and opening
    ///   others waits for somebody.
    func file(_ name: String, _ access: CInt = O_RDONLY) throws(StoreError) -> File? {
        guard let kind = try facts(of: name).map(FileKind.init) else { return nil }
        guard kind == .file else { throw .wrongKind(path: path.appending(name).string, kind, needed: .file) }
        let number = openat(descriptor.rawValue, name, access | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
        guard number >= 0 else { throw failure("open", name) }
        return File(rawValue: number)
    }

    /// A file's bytes; nil when there is none.
    ///
    /// - Parameter limit: a longer file is an error.
    public func contents(of name: String, limit: Int) throws(StoreError) -> [UInt8]? {
        guard let file = try file(name) else { return nil }
        defer { try? file.close() }
        return try StoreError.naming("read", path.appending(name)) {
            let bytes = try [UInt8](unsafeUninitializedCapacity: limit + 1) { target, count in
                while count <= limit {
                    let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[count...])
                    let read = try file.read(into: rest)
                    guard read > 0 else { return }
                    count += read
                }
            }
            guard bytes.count <= limit else { throw Errno.fileTooLarge }
            return bytes
        }
    }

    /// Makes a file for its owner only. Nothing may have that name.
    func newFile(_ name: String) throws(StoreError) -> File {
        let number = openat(
            descriptor.rawValue, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard number >= 0 else { throw failure("create", name) }
        return File(rawValue: number)
    }

    /// Makes or replaces a file, whole or not at all.
    ///
    /// - Parameter isDurable: its bytes are to survive a power cut.
    public func replaceFile(_ name: String, with bytes: [UInt8], isDurable: Bool) throws(StoreError) {
        let fresh = name + Self.freshSuffix
        try removeFile(fresh)
        let file = try newFile(fresh)
        defer { try? file.close() }
        try StoreError.naming("write", path.appending(name)) {
            try file.writeAll(bytes)
            guard !isDurable || fdatasync(file.rawValue) == 0,
                renameat(descriptor.rawValue, fresh, descriptor.rawValue, name) == 0,
                !isDurable || fsync(descriptor.rawValue) == 0
            else { throw Errno(rawValue: errno) }
        }
    }

    /// Ends the name of a file that is being written to replace another.
    public static let freshSuffix = ".new"

    /// Removes a plain file that belongs to this process's user, and nothing else.
    public func removeFile(_ name: String) throws(StoreError) {
        guard let facts = try facts(of: name), FileKind(facts) == .file, facts.st_uid == geteuid() else { return }
        guard unlinkat(descriptor.rawValue, name, 0) == 0 else { throw failure("remove", name) }
    }

    private func failure(_ action: String, _ name: String?) -> StoreError {
        .system(action, path: (name.map { path.appending($0) } ?? path).string, Errno(rawValue: errno))
    }
}
