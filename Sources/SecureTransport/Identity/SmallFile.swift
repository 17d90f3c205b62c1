#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// The contents of a file with keys or certificates.
struct SmallFile {
    /// The largest file, in bytes. Usually such a file has a few KiB, and a bundle of many authorities some hundred
    /// KiB.
    static let largest = 1 << 20

    let bytes: [UInt8]
    /// The permission bits, read from the same open file.
    let mode: mode_t

    init(path: String) throws(IdentityFileError) {
        // O_NONBLOCK, because opening a FIFO by mistake must not block the daemon.
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            throw IdentityFileError(path, "cannot be opened: \(Self.words(errno))", remedy: Self.remedy(errno))
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw IdentityFileError(path, Self.words(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw IdentityFileError(path, "is not a regular file") }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(file, &chunk, chunk.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw IdentityFileError(path, "cannot be read: \(Self.words(errno))")
            }
            content.append(contentsOf: chunk[..<count])
            guard content.count <= Self.largest else {
                throw IdentityFileError(path, "is larger than \(Self.largest) bytes")
            }
        }
        bytes = content
        mode = status.st_mode & 0o7777
    }

    static func words(_ code: Int32) -> String { String(cString: strerror(code)) }

    private static func remedy(_ code: Int32) -> String {
        switch code {
        case ENOENT: "make it with 'fleetrace ca'"
        case EACCES: "run as its owner"
        default: ""
        }
    }
}
