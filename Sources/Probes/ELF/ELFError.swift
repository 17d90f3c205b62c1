import SafeText

/// Why a file cannot be probed.
struct ELFError: Error, Sendable, Hashable {
    /// One line, with the path.
    let message: String

    /// Names come from files of other people.
    init(_ message: String) {
        self.message = message.safeLine
    }

    /// The file contradicts itself.
    static func damaged(_ path: String, _ what: String) -> ELFError {
        ELFError("\(path) is damaged or cut off: \(what)")
    }
}
