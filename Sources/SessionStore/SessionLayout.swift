import SystemPackage

/// The names of the files in a session's folder:
///
///     manifest.json            the session's description (protocol/operator.proto, SessionDescription)
///     nodes/NAME/000001.seg    the node's log, in segments
enum SessionLayout {
    static let manifest = "manifest.json"
    static let nodes = "nodes"

    /// Bytes. No record is appended to a segment that has reached this length.
    static let segmentLimit: UInt64 = 64 << 20
    /// Bytes. The last record of a segment may pass the limit.
    static let longestSegment = segmentLimit + UInt64(LogRecord.longest)
    /// First bytes of each segment.
    static let segmentMagic = Array("FLTRSEG1".utf8)

    private static let suffix = ".seg"
    private static let digits = 6

    /// - Parameter number: from 1.
    static func segment(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text + suffix
    }

    static func isSegment(_ name: String) -> Bool {
        guard name.hasSuffix(suffix), let number = Int(name.dropLast(suffix.count)), number > 0 else { return false }
        return segment(number) == name
    }

    /// Whether a folder may have this name. It is one part of a path, and short enough for a file system.
    static func isNodeName(_ name: String) -> Bool {
        guard let component = FilePath.Component(name), component.kind == .regular else { return false }
        return !name.contains("/") && name.utf8.count <= longestNodeName
            && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    /// Bytes: NAME_MAX of Linux, without the suffix that an export appends.
    private static let longestNodeName = 250
}

/// SwiftNIO has a `FileDescriptor` of its own.
typealias File = SystemPackage.FileDescriptor
