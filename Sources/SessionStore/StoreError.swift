import SystemPackage

/// What failed with a session on disk, described for its owner.
public enum StoreError: Error, Equatable, Sendable {
    case system(String, path: String, Errno)
    case exists(path: String)
    case notEmpty(path: String)
    case notASession(path: String, String)
    case badName(String)
    /// Something else has the name of one of a session's files.
    case wrongKind(path: String, FileKind, needed: FileKind)
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .system(let action, let path, let errno) where errno == .noSpace:
            "cannot \(action) \(path): the disk is full; what was written before is readable"
        case .system(let action, let path, let errno): "cannot \(action) \(path): \(errno)"
        case .exists(let path): "\(path) exists already; choose another name or remove it"
        case .notEmpty(let path): "\(path) exists and is not empty; nothing is overwritten, choose another name"
        case .notASession(let path, let why): "\(path) is not a Fleetrace session: \(why)"
        case .wrongKind(let path, let kind, let needed):
            "\(path) is \(kind.rawValue), and a session has \(needed.rawValue) there"
        case .badName(let name): "\"\(name)\" cannot be the name of a folder in a session"
        }
    }
}

extension StoreError {
    /// Runs a call of `SystemPackage` and turns its errno into a `StoreError` with the action and the path.
    static func naming<T>(_ action: String, _ path: FilePath, _ call: () throws -> T) throws(StoreError) -> T {
        do {
            return try call()
        } catch let errno as Errno {
            throw .system(action, path: path.string, errno)
        } catch {
            throw .notASession(path: path.string, "\(error)")
        }
    }
}
