import Glibc
import SystemPackage

/// Another program of Fleetrace. All of them are installed together.
enum SiblingProgram {
    /// Its path in the folder of this program, or its bare name, which is then looked up in PATH.
    static func path(_ name: String) -> String {
        var path = [CChar](repeating: 0, count: 4096)
        let length = readlink("/proc/self/exe", &path, path.count - 1)
        guard length > 0 else { return name }
        let own = FilePath(String(decoding: path[..<length].map(UInt8.init(bitPattern:)), as: UTF8.self))
        let beside = own.removingLastComponent().appending(name).string
        return access(beside, X_OK) == 0 ? beside : name
    }
}
