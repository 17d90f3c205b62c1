import FoundationEssentials
import Glibc
import Guarding
import SystemPackage

/// A folder of one command, which is removed with it: the keys, sessions and logs of a `--local` command, or the copies
/// that a report is made of. A guard removes it when the command is killed.
struct ScratchFolder: Sendable {
    let path: FilePath
    private let guardian = GuardProcess()

    private static let name = "fleetrace-"
    /// Of the letters that make the name unique.
    private static let letters = 6

    /// Makes it, with mode 0700.
    ///
    /// - Parameter parent: an absolute path.
    init(in parent: FilePath) throws {
        let template = parent.appending(Self.name + String(repeating: "X", count: Self.letters))
        var bytes = Array(template.string.utf8CString)
        guard mkdtemp(&bytes) != nil else {
            throw CommandError("cannot make a folder in \(parent): \(String(cString: strerror(errno)))")
        }
        path = FilePath(String(decoding: bytes.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
        guardian.hold(path.string)
    }

    func remove() {
        Self.remove([path.string])
        guardian.release(path.string)
        guardian.end()
    }

    /// Removes such folders and what lies in them, and nothing else.
    static func remove(_ paths: [String]) {
        for path in paths.map({ FilePath($0) }) where path.isAbsolute && path.isLexicallyNormal {
            guard path.components.contains(where: isScratch) else { continue }
            try? FileManager.default.removeItem(atPath: path.string)
        }
    }

    private static func isScratch(_ component: FilePath.Component) -> Bool {
        component.string.hasPrefix(name) && component.string.utf8.count == name.utf8.count + letters
    }
}
