import Glibc

/// What a name in a folder stands for.
public enum FileKind: String, Sendable {
    case file = "a file"
    case folder = "a folder"
    case symbolicLink = "a symbolic link"
    case pipe = "a named pipe"
    case socket = "a socket"
    case device = "a device"

    init(_ facts: stat) {
        self =
            switch facts.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFLNK: .symbolicLink
            case S_IFIFO: .pipe
            case S_IFSOCK: .socket
            default: .device
            }
    }

    /// Whether these are the facts of a folder that belongs to this process's user.
    public static func isOwnFolder(_ facts: stat) -> Bool { FileKind(facts) == .folder && facts.st_uid == geteuid() }
}
