import CLinux
import Glibc

/// Which file a path leads to.
struct FileIdentity: Equatable {
    private let device: UInt64
    private let number: UInt64
    let isRegularFile: Bool
    /// The path without symbolic links. Nil where that leads to another file: below `/proc/PID/root` paths are those of
    /// another file system.
    let path: String?

    /// Nil if it leads nowhere.
    init?(_ path: some StringProtocol) {
        guard let own = Self.status(String(path)) else { return nil }
        device = UInt64(own.st_dev)
        number = UInt64(own.st_ino)
        isRegularFile = own.st_mode & S_IFMT == S_IFREG
        guard let resolved = realpath(String(path), nil) else {
            self.path = nil
            return
        }
        defer { free(resolved) }
        let real = String(cString: resolved)
        let other = Self.status(real)
        self.path = other?.st_dev == own.st_dev && other?.st_ino == own.st_ino ? real : nil
    }

    static func == (a: FileIdentity, b: FileIdentity) -> Bool { a.device == b.device && a.number == b.number }

    private static func status(_ path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }
}
