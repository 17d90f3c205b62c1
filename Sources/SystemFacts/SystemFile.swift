import CLinux
import Glibc

/// Whole reads of procfs, sysfs and tracefs files.
public enum SystemFile {
    /// The largest text read, in bytes, unless the caller gives another limit.
    public static let usualLimit = 16 << 20

    /// The whole file. Such files report size 0, so they are read until the end.
    ///
    /// - Throws: ``SystemError/tooLarge(path:limit:)`` beyond `limit` bytes, ``SystemError/failed(operation:path:errno:)``.
    public static func read(_ path: String, limit: Int = usualLimit) throws(SystemError) -> [UInt8] {
        var descriptor = linux_open(path, O_RDONLY)
        while descriptor == -EINTR { descriptor = linux_open(path, O_RDONLY) }
        guard descriptor >= 0 else { throw .failed(operation: .open, path: path, errno: -descriptor) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var capacity = 4096
        while true {
            var outcome = 0
            let wanted = capacity
            let chunk = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
                outcome = linux_read(descriptor, buffer.baseAddress, wanted)
                count = max(0, outcome)
            }
            if outcome == -Int(EINTR) { continue }
            guard outcome >= 0 else { throw .failed(operation: .read, path: path, errno: Int32(-outcome)) }
            if outcome == 0 { return bytes }
            guard bytes.count + outcome <= limit else { throw .tooLarge(path: path, limit: limit) }
            if bytes.isEmpty { bytes = chunk } else { bytes.append(contentsOf: chunk) }
            if outcome == wanted { capacity = min(capacity * 2, 1 << 20) }
        }
    }

    /// The whole file as text. Bytes that are not UTF-8 are replaced.
    public static func text(_ path: String, limit: Int = usualLimit) throws(SystemError) -> String {
        String(decoding: try read(path, limit: limit), as: UTF8.self)
    }

    /// The names in a directory, without `.` and `..`, sorted.
    public static func names(in path: String) throws(SystemError) -> [String] {
        guard let directory = opendir(path) else { throw .failed(operation: .list, path: path, errno: errno) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = String(cString: linux_entry_name(entry))
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
