import SystemPackage

/// The names of the files in a session's folder:
///
///     manifest.json            the session's description (protocol/operator.proto, SessionDescription)
///     nodes/NAME/000001.seg    the node's log, in segments
///     journal                  in a controller's folder: for the next controller process
enum SessionLayout {
    static let manifest = "manifest.json"
    static let nodes = "nodes"
    static let journal = "journal"

    /// Bytes. No record is appended to a segment that has reached this length.
    static let segmentLimit: UInt64 = 64 << 20
    /// Bytes. The last record of a segment may pass the limit.
    static let longestSegment = segmentLimit + UInt64(LogRecord.longest)
    /// Which version of the format is written. 1 has no closing records; it is read all the same.
    static let version = 2
    private static let head = Array("FLTRSEG".utf8)
    /// First bytes of each segment.
    static let segmentMagic = head + Array("\(version)".utf8)

    /// The version of a segment that begins with these bytes; nil when it is no segment.
    static func version(ofHead bytes: [UInt8]) -> Int? {
        guard bytes.count == segmentMagic.count, bytes.starts(with: head), let digit = bytes.last,
            (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(digit)
        else { return nil }
        return Int(digit - UInt8(ascii: "0"))
    }

    private static let suffix = ".seg"
    private static let digits = 6

    /// - Parameter number: from 1.
    static func segment(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, digits - text.count)) + text + suffix
    }

    static func isSegment(_ name: String) -> Bool { segmentNumber(name) != nil }

    /// The number of the segment with this name; nil for other files.
    static func segmentNumber(_ name: String) -> Int? {
        guard name.hasSuffix(suffix), let number = Int(name.dropLast(suffix.count)), number > 0 else { return nil }
        return segment(number) == name ? number : nil
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
