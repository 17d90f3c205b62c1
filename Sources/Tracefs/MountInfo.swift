/// A line of /proc/self/mountinfo (proc(5)), with only the fields that are needed to find a file system.
struct MountPoint: Equatable {
    /// The mounted directory of the file system: `/` unless it is a bind mount of a part.
    let root: String
    /// The mount point.
    let path: String
    let type: String

    /// `36 35 98:0 /root /path rw,noatime master:1 - type source options`. The number of fields before the dash varies.
    init?(line: Substring) {
        let fields = line.split(separator: " ")
        guard fields.count >= 7, let dash = fields.dropFirst(6).firstIndex(of: "-"), dash + 1 < fields.count else {
            return nil
        }
        root = Self.unescaped(fields[3])
        path = Self.unescaped(fields[4])
        type = String(fields[dash + 1])
    }

    /// Directories that should contain the tracing files: first mounts of a whole tracefs, then `tracing` below a
    /// debugfs, each in the order of the table.
    static func tracefsCandidates(_ mountinfo: String) -> [String] {
        let mounts = mountinfo.split(separator: "\n").compactMap(MountPoint.init(line:)).filter { $0.root == "/" }
        return mounts.filter { $0.type == "tracefs" }.map(\.path)
            + mounts.filter { $0.type == "debugfs" }.map { $0.path + "/tracing" }
    }

    /// Space, tab, newline and backslash are written as three octal digits (seq_file mangling).
    private static func unescaped(_ field: Substring) -> String {
        guard field.utf8.contains(UInt8(ascii: "\\")) else { return String(field) }
        let bytes = Array(field.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\\"), index + 3 < bytes.count {
                let digits = bytes[(index + 1)...(index + 3)].map { Int($0) - Int(UInt8(ascii: "0")) }
                if digits.allSatisfy({ (0...7).contains($0) }), digits[0] <= 3 {
                    result.append(UInt8(digits[0] * 64 + digits[1] * 8 + digits[2]))
                    index += 4
                    continue
                }
            }
            result.append(bytes[index])
            index += 1
        }
        return String(decoding: result, as: UTF8.self)
    }
}
