import FoundationEssentials
import Glibc
import Guarding
import SystemPackage

/// The folder of a `--local` command: its keys until they have been read, sessions, and the agents' logs. A guard removes
/// it when the command is killed.
struct LocalFolder: Sendable {
    let path: FilePath
    private let guardian = GuardProcess()

    private static let prefix = "/tmp/fleetrace-"

    /// Makes it, with mode 0700.
    init() throws {
        var template = Array("\(Self.prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandError("cannot make a folder in /tmp: \(String(cString: strerror(errno)))")
        }
        path = FilePath(String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
        guardian.hold(path.string)
    }

    /// Where the keys are made.
    var keys: FilePath { path.appending("pki") }

    /// Removes the keys, once everybody has read theirs.
    func removeKeys() { Self.remove([keys.string]) }

    func remove() {
        Self.remove([path.string])
        guardian.release(path.string)
        guardian.end()
    }

    /// Removes such folders, and nothing else.
    static func remove(_ paths: [String]) {
        for path in paths where path.hasPrefix(prefix) && !path.contains("..") {
            try? FileManager.default.removeItem(atPath: path)
        }
    }
}
