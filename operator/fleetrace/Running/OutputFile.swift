import Glibc
import Timeline

/// Where `-o FILE` writes.
enum OutputFile {
    /// Opens the file, and empties one that is there. Nil is stdout.
    ///
    /// - Throws: `CommandError`.
    static func open(_ path: String?) throws -> OutputStream {
        guard let path else { return .standardOutput }
        let file = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw CommandError("cannot write \(path): \(String(cString: strerror(errno)))") }
        return OutputStream(descriptor: file)
    }
}
