import Glibc
import SystemPackage

/// The folder with a controller's sessions. One controller at a time has it: a second one would take the sessions of the
/// first for leftovers and remove them.
///
/// The lock is a flock(2) on the folder itself, so it ends with the process, however that ends.
final class DataFolder: Sendable {
    let path: FilePath
    private let descriptor: FileDescriptor

    /// Makes the folder if it is not there, and locks it. Touches nothing in it.
    ///
    /// - Throws: ``DataFolderError``.
    init(_ path: FilePath) throws(DataFolderError) {
        self.path = path
        do {
            if mkdir(path.string, 0o700) != 0, errno != EEXIST { throw Errno(rawValue: errno) }
            descriptor = try FileDescriptor.open(path, .readOnly, options: [.directory, .closeOnExec])
        } catch {
            throw .cannotOpen(path, error as? Errno ?? .ioError)
        }
        guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            let reason = Errno(rawValue: errno)
            try? descriptor.close()
            throw reason == .wouldBlock ? .inUse(path) : .cannotOpen(path, reason)
        }
    }

    deinit { try? descriptor.close() }
}

/// Why a controller cannot have its folder.
enum DataFolderError: Error, Equatable, CustomStringConvertible {
    case cannotOpen(FilePath, Errno)
    /// Another controller has it.
    case inUse(FilePath)

    var description: String {
        switch self {
        case .cannotOpen(let path, let reason):
            "cannot use \(path): \(reason) (state a directory of your own with --data)"
        case .inUse(let path):
            "another controller uses \(path) (stop it, or state a directory of your own with --data)"
        }
    }
}
