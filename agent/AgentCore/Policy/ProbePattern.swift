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
        let location = text[text.index(after: colon)...]
        guard let first = location.first else { throw PolicyLineError("\"\(text)\" names no location: write \(text)*") }
        if isFile, !isKernel, !"/*?[\\".contains(first) {
            throw PolicyLineError("the path in \"\(text)\" is not absolute")
        }
        if isKernel, !isFile, first == "/" {
            throw PolicyLineError("\"\(text)\" names a file, which only uprobe, uretprobe and usdt do")
        }
    }
}
