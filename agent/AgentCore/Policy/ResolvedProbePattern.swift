import TextPatterns

/// A pattern with what its path means on this node now.
struct ResolvedProbePattern {
    private let glob: Glob
    /// With the symbolic links in the literal beginning of its path followed; nil where there are none.
    private let followed: Glob?
    /// The file that it names without `* ? []`, and which that is.
    private let file: (path: String, identity: FileIdentity)?

    init(_ pattern: ProbePattern) {
        glob = pattern.glob
        var followed: Glob?
        var file: (path: String, identity: FileIdentity)?
        let text = pattern.text
        if let colon = text.firstIndex(of: ":") {
            let location = text[text.index(after: colon)...]
            let literal = location.prefix { !"*?[\\".contains($0) }
            for end in Self.ends(literal, isWhole: literal.endIndex == location.endIndex) {
                guard let identity = FileIdentity(literal[..<end]) else { continue }
                let path = String(literal[..<end])
                if identity.isRegularFile { file = (path, identity) }
                if let real = identity.path, real != path {
                    followed = Glob(text[...colon] + Self.escaped(real) + location[end...])
                }
                break
            }
        }
        self.followed = followed
        self.file = file
    }

    /// Where a path may end in the literal beginning of a location, the longest first.
    private static func ends(_ literal: Substring, isWhole: Bool) -> [Substring.Index] {
        guard literal.hasPrefix("/") else { return [] }
        let separators = literal.indices.dropFirst().filter { literal[$0] == "/" || literal[$0] == ":" }
        return (isWhole ? [literal.endIndex] : []) + separators.reversed()
    }

    private static func escaped(_ path: String) -> String {
        path.reduce(into: "") { text, character in
            if "*?[]\\".contains(character) { text.append("\\") }
            text.append(character)
        }
    }

    func matches(_ name: LocationName, of probed: FileIdentity?) -> Bool {
        if glob.matches(name.text) || followed?.matches(name.text) == true { return true }
        // The same file by another path: a hard link, a mount.
        guard let file, let probed, file.identity == probed else { return false }
        return glob.matches(name.on(file.path).text)
    }
}
