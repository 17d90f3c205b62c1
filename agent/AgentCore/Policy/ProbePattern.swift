import TextPatterns
import Tracefs

/// What a rule about probes names: `KIND:PLACE` with `* ? []` anywhere, or `*` for every probe.
struct ProbePattern: Sendable, Hashable {
    let text: String
    let glob: Glob

    /// Kinds as rules write them. `fprobe` is both of `f:`, `eprobe` is `e:`, `tracepoint` is `t:`.
    static let kernelKinds = ["kprobe", "kretprobe", "fprobe", "tracepoint", "eprobe"]
    static let fileKinds = ["uprobe", "uretprobe", "usdt"]

    /// - Throws: for a pattern that no probe could ever match, which would be a rule without effect.
    init(_ text: String) throws(PolicyLineError) {
        self.text = text
        glob = Glob(text)
        guard text != "*" else { return }
        guard let colon = text.firstIndex(of: ":") else {
            throw PolicyLineError("\"\(text)\" is no pattern of probes: write KIND:PLACE, such as kprobe:vfs_*")
        }
        let kind = Glob(text[..<colon])
        let isKernel = Self.kernelKinds.contains(where: kind.matches)
        let isFile = Self.fileKinds.contains(where: kind.matches)
        guard isKernel || isFile else {
            throw PolicyLineError(
                "there are no probes of the kind \"\(text[..<colon])\": there are "
                    + (Self.kernelKinds + Self.fileKinds).joined(separator: ", "))
        }
        let place = text[text.index(after: colon)...]
        guard let first = place.first else { throw PolicyLineError("\"\(text)\" names no place: write \(text)*") }
        if isFile, !isKernel, !"/*?[\\".contains(first) {
            throw PolicyLineError("the path in \"\(text)\" is not absolute")
        }
        if isKernel, !isFile, first == "/" {
            throw PolicyLineError("\"\(text)\" names a file, which only uprobe, uretprobe and usdt do")
        }
    }
}

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
            let place = text[text.index(after: colon)...]
            let literal = place.prefix { !"*?[\\".contains($0) }
            for end in Self.ends(literal, isWhole: literal.endIndex == place.endIndex) {
                guard let identity = FileIdentity(literal[..<end]) else { continue }
                let path = String(literal[..<end])
                if identity.isRegularFile { file = (path, identity) }
                if let real = identity.path, real != path {
                    followed = Glob(text[...colon] + Self.escaped(real) + place[end...])
                }
                break
            }
        }
        self.followed = followed
        self.file = file
    }

    /// Where a path may end in the literal beginning of a place, the longest first.
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

    func matches(_ name: PlaceName, of probed: FileIdentity?) -> Bool {
        if glob.matches(name.text) || followed?.matches(name.text) == true { return true }
        // The same file by another path: a hard link, a mount.
        guard let file, let probed, file.identity == probed else { return false }
        return glob.matches(name.on(file.path).text)
    }
}
