import Glibc

/// Tells trace.dat files from session directories.
enum RecordingFile {
    /// Whether the path is a file; sessions are directories.
    static func isOne(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFREG
    }
}
