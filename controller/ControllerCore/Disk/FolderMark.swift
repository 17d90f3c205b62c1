/// What the file `controller.id` says: in a controller's folder, which folder it is; in a session's, to which folder the
/// session belongs. A copy or another controller's session is known by it, whatever its manifest says.
struct FolderMark: Equatable {
    static let file = "controller.id"
    /// Bytes.
    static let longest = 100

    var folder: UInt64
    /// Nil in a controller's folder.
    var session: UInt64?

    init(folder: UInt64, session: UInt64? = nil) {
        self.folder = folder
        self.session = session
    }

    private static let head = "fleetrace-controller"
    private static let separator = "session"

    init?(_ bytes: [UInt8]) {
        let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        guard words.count == 2 || words.count == 4, words[0] == Self.head,
            let folder = UInt64(words[1].prefix { $0 != "\n" }, radix: 16)
        else { return nil }
        self.init(folder: folder)
        if words.count == 4 { session = UInt64(words[3].prefix { $0 != "\n" }, radix: 16) }
        guard self.bytes == bytes else { return nil }
    }

    var bytes: [UInt8] {
        let tail = session.map { " \(Self.separator) \($0.sessionText)" } ?? ""
        return Array("\(Self.head) \(folder.sessionText)\(tail)\n".utf8)
    }
}
