import Glibc
import SessionStore
import SystemPackage

/// Why a controller cannot have its folder.
enum DataFolderError: Error, Equatable, CustomStringConvertible {
    case store(StoreError)
    /// Another controller has it.
    case inUse(FilePath)
    /// It belongs to another user.
    case foreign(FilePath, owner: uid_t)
    /// Others than its owner may use it, or its owner may not.
    case accessible(FilePath, mode: mode_t)

    var description: String {
        switch self {
        case .store(let error): "\(error) (--data takes a folder of your own)"
        case .inUse(let path):
            "another controller uses \(path) (stop it, or state a directory of your own with --data)"
        case .foreign(let path, let owner):
            "\(path) belongs to user \(owner), and this controller runs as user \(geteuid()) (run it as that user, "
                + "or state a directory of your own with --data)"
        case .accessible(let path, let mode):
            "\(path) has mode 0\(String(mode, radix: 8)), and recordings are for their owner's eyes only "
                + "(chmod 0700 \(path), or state a directory of your own with --data)"
        }
    }
}
