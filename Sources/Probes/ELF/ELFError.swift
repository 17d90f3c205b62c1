/// Why a file cannot be probed.
struct ELFError: Error, Sendable, Hashable {
    /// One line, with the path.
    let message: String

    /// Names come from files of other people, so control characters are not passed on to a terminal.
    init(_ message: String) {
        self.message = String(
            String.UnicodeScalarView(
                message.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
    }

    /// The file contradicts itself.
    static func damaged(_ path: String, _ what: String) -> ELFError {
        ELFError("\(path) is damaged or cut off: \(what)")
    }
}
