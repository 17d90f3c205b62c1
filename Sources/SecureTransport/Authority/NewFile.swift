#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Writes files that hold keys and certificates.
enum NewFile {
    /// For private keys: accessible only to the owner from the moment the file exists.
    static let secret: mode_t = 0o600
    /// For certificates, which everybody may read.
    static let published: mode_t = 0o644

    /// Creates a file that does not exist.
    ///
    /// - Throws: `AuthorityError.exists` if anything has that name, even a dangling link.
    static func create(_ path: String, _ bytes: [UInt8], mode: mode_t) throws(AuthorityError) {
        let file = Self.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else {
            if errno == EEXIST { throw .exists(path: path) }
            throw .file(IdentityFileError(path, "cannot be made: \(SmallFile.words(errno))"))
        }
        if let code = write(file, bytes) {
            // A partial key would make the next attempt fail.
            unlink(path)
            throw .file(IdentityFileError(path, "cannot be written: \(SmallFile.words(code))"))
        }
    }

    /// Replaces or creates a file atomically. Never used for keys.
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

    /// Creates a directory that only its owner can access. In an existing directory nobody but its owner may have write
    /// permission, because others could replace its files.
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

    /// Whether anything has this name.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Writes, syncs and closes the file. Returns the errno, or nil on success.
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
