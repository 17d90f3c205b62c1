#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Writes files that hold keys and certificates.
enum NewFile {
    /// For private keys: for the owner only, from the moment the file exists.
    static let secret: mode_t = 0o600
    /// For certificates, which anybody may see.
    static let published: mode_t = 0o644

    /// Makes a file that did not exist.
    ///
    /// - Throws: `AuthorityError.exists` when something has that name, also a dangling link.
    static func create(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(AuthorityError) {
        let file = Self.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else {
            if errno == EEXIST { throw .exists(path: path) }
            throw .file(IdentityFileError(path, "cannot be made: \(SmallFile.words(errno))"))
        }
        if let code = write(file, bytes) {
            // Half a key would keep the next attempt from making a whole one.
            unlink(path)
            throw .file(IdentityFileError(path, "cannot be written: \(SmallFile.words(code))"))
        }
    }

    /// Puts `bytes` in the place of a file, or of nothing, in one step. Never used for keys.
    static func replace(_ path: String, _ bytes: [UInt8]) throws(AuthorityError) {
        let fresh = "\(path).new"
        unlink(fresh)
        try create(fresh, bytes, mode: published)
        guard rename(fresh, path) == 0 else {
            let code = errno
            unlink(fresh)
            throw .file(IdentityFileError(path, "cannot be replaced: \(SmallFile.words(code))"))
        }
    }

    /// Makes a directory for the owner only. One that exists has to be closed to writers other than its owner: they
    /// could exchange the files in it.
    static func directory(_ path: String) throws(AuthorityError) {
        if mkdir(path, 0o700) == 0 { return }
        guard errno == EEXIST else {
            throw .file(IdentityFileError(path, "cannot be made: \(SmallFile.words(errno))"))
        }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw .file(IdentityFileError(path, "is not a directory"))
        }
        guard status.st_mode & 0o022 == 0 else {
            throw .file(IdentityFileError(path, "can be written by others than its owner", remedy: "chmod 700 \(path)"))
        }
    }

    /// Whether something has this name.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// The error number, or nil when all is written and on the disk. Closes the file.
    private static func write(_ file: Int32, _ bytes: [UInt8]) -> Int32? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Self.write(file, $0) }
            if count < 0 {
                if errno == EINTR { continue }
                let code = errno
                close(file)
                return code
            }
            rest = rest.dropFirst(count)
        }
        let synced = fsync(file) == 0 ? nil : Optional(errno)
        let closed = close(file) == 0 ? nil : Optional(errno)
        return synced ?? closed
    }

    private static func write(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
            Glibc.write(file, bytes.baseAddress, bytes.count)
        #else
            Musl.write(file, bytes.baseAddress, bytes.count)
        #endif
    }

    private static func open(_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
        #if canImport(Glibc)
            Glibc.open(path, flags, mode)
        #else
            Musl.open(path, flags, mode)
        #endif
    }
}
